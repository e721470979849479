/**
 * Apps in Python on one store, that run the code of docs/data-model.md and die by SIGKILL where they are told, and the
 * question what became of a message and its file.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Db } from 'mongodb';
import { inject } from 'vitest';
import type { Gridhold } from '../../src/gridhold.ts';
import { type Outcome, openChildren, type Strike } from '../children/crash-children.ts';
import { openTestGridhold } from '../support/open-gridhold.ts';
import { codeOf } from './data-model-page.ts';

export interface ForeignApps {
  readonly gridhold: Gridhold;
  readonly db: Db;
  readonly messages: { countDocuments(filter: { _id: string }): Promise<number> };
  order(task: string, input: object, strike?: Strike): Promise<Outcome>;
  /** An order that must succeed, and its answer. */
  tell(task: string, input: object): Promise<Readonly<Record<string, unknown>>>;
  /** Message and hold: `both` (and then the file is there with its bytes), or `neither`; anything else is broken. */
  stateOf(messageId: string, fileId: string): Promise<string>;
  close(): Promise<void>;
}

interface FileRecord {
  readonly _id: string;
  readonly refCount: number;
  readonly sha256: string;
}

/** @param program a Python as openPythonEnvironment gives it */
export async function openForeignApps(program: string): Promise<ForeignApps> {
  const { gridhold, client, db, databaseName } = await openTestGridhold();
  const appDb = client.db(`${databaseName}-app`);
  const messages = await appDb.createCollection<{ _id: string }>('messages');
  const attachments = db.collection('attachments');
  const directory = await mkdtemp(join(tmpdir(), 'gridhold-python-'));
  await writeFile(join(directory, 'data_model.py'), codeOf('python').join('\n\n'));
  const script = fileURLToPath(new URL('foreign_writer.py', import.meta.url));
  const databases = [inject('mongodbUri'), databaseName, appDb.databaseName];
  const apps = openChildren(client, (name) => [program, '-u', script, ...databases, name], {
    env: { PYTHONPATH: directory },
  });
  return {
    gridhold,
    db,
    messages,
    order: apps.order,
    async tell(task, input) {
      const outcome = await apps.order(task, input);
      if ('done' in outcome) return outcome.done;
      throw new Error(JSON.stringify(outcome));
    },
    async stateOf(messageId, fileId) {
      // One snapshot, because others count on the same file.
      const { written, holds, allHolds, file } = await client.withSession(
        { snapshot: true },
        async (session) => ({
          written: await messages.countDocuments({ _id: messageId }, { session }),
          holds: await attachments.countDocuments({ fileId, documentId: messageId }, { session }),
          allHolds: await attachments.countDocuments({ fileId }, { session }),
          file: await db.collection<FileRecord>('files').findOne({ _id: fileId }, { session }),
        }),
      );
      const isCounted = file ? file.refCount === allHolds : allHolds === 0;
      if (isCounted && written === 0 && holds === 0) return 'neither';
      if (!isCounted || written !== 1 || holds !== 1)
        return `broken: ${JSON.stringify({ written, holds, file })}`;
      const { stream } = await gridhold.open(fileId);
      const sha256 = createHash('sha256')
        .update(Buffer.concat(await stream.toArray()))
        .digest('hex');
      return sha256 === file?.sha256 ? 'both' : 'broken: other bytes';
    },
    async close() {
      await apps.close();
      await appDb.dropDatabase();
      await rm(directory, { recursive: true });
    },
  };
}
