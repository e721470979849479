/**
 * A process that opens Gridhold on its own client and does as it is told, one JSON line at a time, until it kills itself
 * at the command to MongoDB that it was told.
 *
 * Usage: node crash-child.mjs TASKS URI DATABASE APP_DATABASE NAME
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { MongoClient } from 'mongodb';
import { createGridhold } from '../../dist/gridhold.js';

const [tasksModule, uri, database, appDatabase, appName] = process.argv.slice(2);
const say = (answer) => writeSync(1, `${JSON.stringify(answer)}\n`);

const client = await new MongoClient(uri, { appName, monitorCommands: true }).connect();
/** Ends this process's transactions as MongoDB would. */
const other = new MongoClient(uri);
const { tasks } = await import(tasksModule);
const gridhold = await createGridhold({
  client,
  database,
  publicUrl: 'http://127.0.0.1:4000',
  sweepIntervalMs: 'off',
});

let strike = null;
let seen = { started: 0, succeeded: 0 };
let session = null;
function count(phase, { command, commandName }) {
  seen[phase] += 1;
  session = command?.lsid ?? session;
  if (strike?.phase !== phase || strike.index !== seen[phase]) return;
  if (strike.how === 'abort') {
    void other.db('admin').command({ killSessions: [session] });
  } else {
    say({ struck: `${phase} ${commandName}` });
    process.kill(process.pid, 'SIGKILL');
  }
}
client.on('commandStarted', (event) => count('started', event));
client.on('commandSucceeded', (event) => count('succeeded', event));

say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  seen = { started: 0, succeeded: 0 };
  strike = order.strike;
  try {
    const done = await tasks[order.task]({ gridhold, client, database, appDatabase }, order.input);
    say({ done: done ?? {}, commands: seen.started });
  } catch (error) {
    const message = String(error.stack).slice(0, 2_000);
    say({ failed: error.code ?? error.name, message, commands: seen.started });
  }
  strike = null;
}
await gridhold.close();
await Promise.all([client.close(), other.close()]);
