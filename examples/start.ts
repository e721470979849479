/** `npm run example -- <name>`: builds the page of an example, then runs its server in this process. */
import { buildPage, exampleNames } from './build-page.ts';

const names = exampleNames();
const [name = '', ...others] = process.argv.slice(2);
const usage = `npm run example -- ${names.join(' | ')}\n`;

if (name === '--help' || name === '-h') {
  process.stdout.write(usage);
} else if (!names.includes(name) || others.length > 0) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  await buildPage(name);
  await import(`./${name}/server/main.ts`);
}
