/** Figures as a table, and the exit code: 1 where a bound is broken. */
import { mebibyte } from './byte-source.ts';

export interface Row {
  readonly name: string;
  readonly figures: readonly string[];
  /** What is wrong with it; empty where nothing is. */
  readonly broken: readonly string[];
}

export const inMebibytes = (bytes: number): string => `${(bytes / mebibyte).toFixed(1)} MiB`;

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function report(title: string, columns: readonly string[], rows: readonly Row[]): void {
  const lines = [[title, ...columns], ...rows.map(({ name, figures }) => [name, ...figures])];
  const widths = (lines[0] ?? []).map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  const written = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ');
  say('');
  for (const line of lines) say(written(line));
  say('');
  const broken = rows.flatMap(({ name, broken: reasons }) => reasons.map((reason) => `${name}: ${reason}`));
  for (const line of broken) say(`BROKEN  ${line}`);
  say(broken.length === 0 ? 'Every bound holds.' : `${broken.length} bounds are broken.`);
  if (broken.length > 0) process.exitCode = 1;
}
