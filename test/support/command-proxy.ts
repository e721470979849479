/**
 * Stands between a program and its mongod, and tells of every command, so that the program can be killed at one: before
 * MongoDB has it, or when MongoDB has done it and the program does not know.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { MongoClient } from 'mongodb';
import { afterAll } from 'vitest';

export interface SeenCommand {
  readonly phase: 'asked' | 'answered';
  /** Such as `insert` or `commitTransaction`. */
  readonly name: string;
}

export interface CommandProxy {
  /** Of the same mongod. The driver learns no other address of it. */
  readonly uri: string;
  /** Called before the command, or its answer, is passed on; false drops it, and all that follows. */
  onCommand: (command: SeenCommand) => boolean;
  /** MongoDB ends the open transaction of a dead program after a minute. Here it does so at once. */
  endTransactions(): Promise<void>;
}

export interface KillPoint {
  readonly phase: SeenCommand['phase'];
  /** From 1. What the program does on its own meanwhile counts too, so the n-th of one run may be another in the next. */
  readonly index: number;
  /** Only commands of this name count. */
  readonly name?: string;
}

/**
 * Does `work` with the program killed at its n-th command.
 * @returns what it was in the middle of, or null where it got through
 */
export async function killAt(
  proxy: CommandProxy,
  program: ChildProcess,
  at: KillPoint,
  work: () => Promise<unknown>,
): Promise<string | null> {
  let seen = 0;
  let struck: string | null = null;
  const exited = once(program, 'exit');
  proxy.onCommand = ({ phase, name }) => {
    if (struck !== null) return false;
    if (phase !== at.phase || (at.name ?? name) !== name || ++seen < at.index) return true;
    struck = name;
    program.kill('SIGKILL');
    return false;
  };
  try {
    await work();
  } catch (error) {
    if (struck === null) throw error;
  }
  proxy.onCommand = () => true;
  if (struck === null) return null;
  await exited;
  await proxy.endTransactions();
  return struck;
}

const closers: (() => Promise<void>)[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  for (const close of closers) await close();
});

/** @param appName by which MongoDB knows the program */
export async function openCommandProxy(mongodbUri: string, appName: string): Promise<CommandProxy> {
  const target = new URL(mongodbUri);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const mongod = connect(Number(target.port), target.hostname);
    const names = new Map<number, string>();
    for (const socket of [client, mongod]) {
      sockets.add(socket);
      // A program that was killed resets its connections.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        mongod.destroy();
      });
    }
    pass(client, mongod, (message) => {
      const name = commandName(message);
      names.set(message.readInt32LE(4), name);
      return isSetup(name) || proxy.onCommand({ phase: 'asked', name });
    });
    pass(mongod, client, (message) => {
      const name = names.get(message.readInt32LE(8)) ?? 'hello';
      names.delete(message.readInt32LE(8));
      return isSetup(name) || proxy.onCommand({ phase: 'answered', name });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy: CommandProxy = {
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true&appName=${appName}`,
    onCommand: () => true,
    endTransactions: () => endTransactionsOf(mongodbUri, appName),
  };
  return proxy;
}

/** Whole messages of the wire protocol: the first four bytes say how many they are. */
function pass(from: Socket, to: Socket, isPassed: (message: Buffer) => boolean): void {
  let pending = Buffer.alloc(0);
  let isCut = false;
  from.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (!isCut && pending.length >= 16 && pending.length >= pending.readInt32LE(0)) {
      const message = pending.subarray(0, pending.readInt32LE(0));
      pending = pending.subarray(message.length);
      isCut = !isPassed(message);
      if (!isCut) to.write(message);
    }
  });
}

async function endTransactionsOf(mongodbUri: string, appName: string): Promise<void> {
  const client = new MongoClient(mongodbUri);
  try {
    const admin = client.db('admin');
    const open = await admin
      .aggregate([
        { $currentOp: { idleSessions: true, allUsers: true } },
        { $match: { appName, transaction: { $exists: true } } },
      ])
      .toArray();
    if (open.length > 0) await admin.command({ killSessions: open.map(({ lsid }) => ({ id: lsid.id })) });
  } finally {
    await client.close();
  }
}

const opMsg = 2013;

/** The first key of an OP_MSG's first section; the handshake of old has another form. */
function commandName(message: Buffer): string {
  if (message.readInt32LE(12) !== opMsg) return 'hello';
  const keyStart = 16 + 4 + 1 + 4 + 1;
  return message.toString('utf8', keyStart, message.indexOf(0, keyStart));
}

function isSetup(name: string): boolean {
  return ['hello', 'isMaster', 'ismaster', 'ping', 'endSessions'].includes(name);
}
