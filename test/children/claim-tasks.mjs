/**
 * What an app does with its own messages and Gridhold's files, in one transaction of its own. `pause` stands where the
 * app may change its mind.
 */
const transactions = {
  'insert, attach': async ({ gridhold, messages, session }, { messageId, document, files }, pause) => {
    await messages.insertOne({ _id: messageId, text: 'new' }, { session });
    pause();
    await gridhold.attach({ fileId: files.a, document }, { session });
  },
  'attach, insert': async ({ gridhold, messages, session }, { messageId, document, files }, pause) => {
    await gridhold.attach({ fileId: files.a, document }, { session });
    pause();
    await messages.insertOne({ _id: messageId, text: 'new' }, { session });
  },
  'update, attach replacing': async (
    { gridhold, messages, session },
    { messageId, document, files },
    pause,
  ) => {
    await messages.updateOne({ _id: messageId }, { $set: { text: 'new' } }, { session });
    pause();
    await gridhold.attach({ fileId: files.b, document, replace: true }, { session });
  },
  'update, set files': async ({ gridhold, messages, session }, { messageId, document, files }, pause) => {
    await messages.updateOne({ _id: messageId }, { $set: { text: 'new' } }, { session });
    pause();
    await gridhold.setDocumentFiles({ document, fileIds: [files.b, files.c] }, { session });
  },
  'detach, delete': async ({ gridhold, messages, session }, { messageId, document, files }, pause) => {
    await gridhold.detach({ fileId: files.a, document }, { session });
    pause();
    await messages.deleteOne({ _id: messageId }, { session });
  },
  'delete, detach document': async ({ gridhold, messages, session }, { messageId, document }, pause) => {
    await messages.deleteOne({ _id: messageId }, { session });
    pause();
    await gridhold.detachDocument({ document }, { session });
  },
  'update, delete file': async ({ gridhold, messages, session }, { messageId, files }, pause) => {
    await messages.updateOne({ _id: messageId }, { $set: { text: 'new' } }, { session });
    pause();
    await gridhold.delete({ id: files.a }, { session });
  },
  'delete, delete file by force': async ({ gridhold, messages, session }, { messageId, files }, pause) => {
    await gridhold.delete({ id: files.a, force: true }, { session });
    pause();
    await messages.deleteOne({ _id: messageId }, { session });
  },
};

class ChangedItsMind extends Error {
  name = 'ChangedItsMind';
}

export const tasks = {
  /** @param input `change`: null, `within` or `after` (it throws), or `abort` (it aborts, and goes on) */
  async transaction(
    { gridhold, client, database, appDatabase },
    { name, inOtherDatabase, change, ...input },
  ) {
    const messages = client.db(inOtherDatabase ? appDatabase : database).collection('messages');
    let attempts = 0;
    await client.withSession((session) =>
      session.withTransaction(
        async () => {
          attempts += 1;
          await transactions[name]({ gridhold, messages, session }, input, () => {
            if (change === 'within') throw new ChangedItsMind();
          });
          if (change === 'after') throw new ChangedItsMind();
          if (change === 'abort') await session.abortTransaction();
        },
        { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' }, readPreference: 'primary' },
      ),
    );
    return { attempts };
  },
};
