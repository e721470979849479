/** The arguments of `gridhold verify`. What it does stands in verify.ts. */
import type { Command } from 'commander';
import type { Wiring } from './transfer-commands.ts';
import type { VerifyArguments } from './verify.ts';

export function addVerifyCommand(gridhold: Command, { settings, printing, finish }: Wiring): void {
  gridhold
    .command('verify')
    .description('check that counts, attachments, blobs and chunks agree, while the service runs')
    .option('--deep', 'read and hash every byte, too')
    .option('--repair', 'mend what can be mended safely, and say what was done')
    .option('--json', 'a line of JSON for each finding: {rule, id, detail, fixable}')
    .option('--resume <position>', 'go on where an interrupted run says that it stopped')
    .addHelpText(
      'after',
      '\nExits 0 where all is well, or is now; 1 where it found something; 3 where it did not get to the end, or could\n' +
        'not decide. Without --repair it writes one thing only: a damaged blob leaves the SHA-256 index, so that an equal\n' +
        'upload is kept beside it. README has the rules.',
    )
    .action(async ({ deep = false, repair = false, json = false, ...more }: Partial<VerifyArguments>) => {
      const { runVerify } = await import('./verify.ts');
      finish(await runVerify(settings(), { deep, repair, json, ...more }, printing));
    });
}
