/**
 * A writer that stops itself (SIGSTOP) in the midst of storing: while bytes still come, or before the N-th command
 * after the last of them. The parent wakes it (SIGCONT). One store per message; it answers how each ended.
 */
import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { createGridhold } from '../../dist/gridhold.js';

const [uri, database, uploadLeaseTtlMs] = process.argv.slice(2);
const client = await new MongoClient(uri, { monitorCommands: true }).connect();
const gridhold = await createGridhold({
  client,
  database,
  sweepIntervalMs: 'off',
  uploadLeaseTtlMs: Number(uploadLeaseTtlMs),
});

/** Commands since the last byte was handed over; null: bytes still come. */
let commands = null;
let stopBefore = null;

function stop() {
  stopBefore = null;
  process.send({ stopped: true });
  process.kill(process.pid, 'SIGSTOP');
}

client.on('commandStarted', ({ commandName, command }) => {
  if (commands === null) return;
  commands.push(`${commandName} ${command[commandName]}`);
  if (commands.length - 1 === stopBefore) stop();
});

/** How many of the pieces that come after a stop were asked for. */
let laterPieces = 0;

async function* source() {
  yield randomBytes(4_000_000);
  laterPieces = 0;
  if (stopBefore === 'middle') {
    stop();
    while (laterPieces++ < 10) yield randomBytes(2_100_000);
  }
  commands = [];
}

process.on('message', async (message) => {
  stopBefore = message.stopBefore;
  commands = null;
  try {
    const { id } = await gridhold.store(source());
    process.send({ ended: 'OK', id, commands });
  } catch (error) {
    process.send({ ended: error.code ?? String(error), laterPieces });
  }
});

process.on('disconnect', () => process.exit());
process.send({ ready: true });
