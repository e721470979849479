import { test } from 'vitest';
import { openTestGridhold } from './support/open-gridhold.ts';
test('a', { timeout: 120_000 }, async () => {
  const { gridhold, client } = await openTestGridhold();
  const bytes = Buffer.from('same');
  const one = await gridhold.store(bytes);
  await gridhold.store(bytes);
  const session = client.startSession();
  session.startTransaction();
  await gridhold.delete({ id: one.id }, { session });
  const t = performance.now();
  const r = await Promise.all([1, 2, 3].map(() => gridhold.store(bytes).then(() => 'OK', (e) => e.code).then((c) => `${c} ${Math.round(performance.now() - t)} ms`)));
  process.stderr.write(`SHOW ${JSON.stringify(r)}\n`);
  await session.abortTransaction();
  await session.endSession();
});
