/** What scripts read of the command: lines of JSON on stdout alone, and no colour anywhere. */
import { describe, expect, inject, it } from 'vitest';
import { openTestGridhold } from './support/open-gridhold.ts';
import { runCommand } from './support/run-command.ts';

const { gridhold, databaseName } = await openTestGridhold();
const settings = { MONGODB_URI: inject('mongodbUri'), GRIDHOLD_DATABASE: databaseName };

const lines = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));

describe('--json', () => {
  it('of sweep is a line for each file that is due or collected, and one that counts', async () => {
    const document = { collection: 'messages', documentId: '1' };
    const [held, letGo] = [
      await gridhold.store(Buffer.from('held')),
      await gridhold.store(Buffer.from('not')),
    ];
    await gridhold.attach({ fileId: held.id, document });
    const given = ['sweep', '--json', '--unreferenced-for', '0s', '--chunk-delay', '0s'];
    const file = { id: letGo.id, size: 3, unreferencedSince: letGo.uploadedAt.toISOString() };
    const counts = { files: 1, leases: 0, uploadUrls: 0, skipped: 0, more: false };
    const collectingSince = expect.stringMatching(/^\d{4}-.*Z$/);
    const dry = await runCommand([...given, '--dry-run'], settings);
    expect([dry.code, lines(dry.stdout)]).toEqual([
      1,
      [
        { event: 'due', ...file },
        { event: 'end', dryRun: true, ...counts, collectingSince },
      ],
    ]);
    const wet = await runCommand(given, settings);
    const [collected, end] = lines(wet.stdout);
    expect([wet.code, collected]).toEqual([0, { event: 'collected', ...file }]);
    expect(end).toEqual({
      event: 'end',
      dryRun: false,
      ...counts,
      leases: expect.any(Number),
      collectingSince,
    });
    expect(end?.['leases']).toBeGreaterThan(0);
  });

  it('of keys has the secret where it is made, and nowhere else', async () => {
    const given = ['key', 'create', '--role', 'app', '--name', 'web', '--json'];
    const [made] = lines((await runCommand(given, settings)).stdout);
    const { secret, ...key } = made ?? {};
    expect(made).toMatchObject({ role: 'app', name: 'web', revokedAt: null });
    expect(secret).toMatch(new RegExp(`^gridhold_${key['id']}_`));
    expect(lines((await runCommand(['key', 'list', '--json'], settings)).stdout)).toEqual([key]);
    const revoked = await runCommand(['key', 'revoke', '--json', String(secret)], settings);
    expect(lines(revoked.stdout)).toEqual([{ ...key, revokedAt: expect.stringMatching(/Z$/) }]);
    const unknown = await runCommand(['key', 'revoke', '--json', 'key0'], settings);
    expect([unknown.code, unknown.stdout]).toEqual([1, '']);
  });

  it('of the version is the same as without', async () => {
    const [json, plain] = [await runCommand(['version', '--json']), await runCommand(['version'])];
    expect(lines(json.stdout)).toEqual([{ version: plain.stdout.trim(), node: process.versions.node }]);
  });
});

it('nothing is coloured where there is no terminal, whatever the environment asks for', async () => {
  const own = { ...settings, FORCE_COLOR: '1', CLICOLOR_FORCE: '1', GRIDHOLD_LOG_LEVEL: 'debug' };
  for (const given of [['--help'], ['put', '/dev/null'], ['put', '/nowhere'], ['sweep', '--dry-run']]) {
    const { stdout, stderr } = await runCommand(given, own);
    expect(`${stdout}${stderr}`).not.toContain('\u001b');
    expect(stdout + stderr).not.toBe('');
  }
});
