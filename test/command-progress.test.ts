/** What `put` and `get` show on the way: a bar that fits its terminal, and which try of how many comes next. */
import { describe, expect, it } from 'vitest';
import { barLine } from '../src/cli/progress-bar.ts';
import { withRetries } from '../src/cli/retry.ts';
import { GridholdError } from '../src/errors/gridhold-error.ts';

describe('the bar', () => {
  const numbers = '50% 512.0 MB of 1.0 GB, 12 s left';
  const shown = (label: string, columns: number) => barLine({ label, numbers, progress: 0.5, columns });

  it('fits the columns of the terminal: it becomes shorter before its label does, and its numbers stay', () => {
    expect(shown('a.bin', 200)).toBe(`a.bin [${'#'.repeat(15)}${'.'.repeat(15)}] ${numbers}`);
    const id = 'file_01m83j2byfed4s7szetqnn07a9';
    expect(shown(id, 80)).toBe(`${id.slice(0, 23)}… [#########.........] ${numbers}`);
    expect(shown(id, 60)).toBe(`${id.slice(0, 11)}… [#####.....] ${numbers}`);
    for (let columns = 48; columns < 120; columns++) {
      for (const label of ['a', id, '𝒂'.repeat(200)]) {
        const line = shown(label, columns);
        expect([...line].length).toBeLessThan(columns);
        expect(line.endsWith(`] ${numbers}`)).toBe(true);
      }
    }
  });

  it('keeps its numbers where there is hardly room for anything', () => {
    expect(shown('photograph.jpg', 20)).toBe(`photogr… [] ${numbers}`);
  });
});

describe('what fails for a passing reason', () => {
  const away = () => Promise.reject(new GridholdError('STORAGE_UNAVAILABLE', 'MongoDB is away'));

  it('is told with the try that comes next, and at the end that it was the last', async () => {
    const told: string[] = [];
    const { signal } = new AbortController();
    await expect(
      withRetries(away, { signal, firstPauseMs: 1, onRetry: (_, next) => void told.push(next) }),
    ).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: 'MongoDB is away; gave up after 6 tries',
    });
    expect(told.map((next) => next.split(', ')[1])).toEqual(
      [2, 3, 4, 5, 6].map((count) => `try ${count} of 6`),
    );
  });

  it('and can’t be repeated is tried once, and says nothing of tries', async () => {
    const { signal } = new AbortController();
    const trying = withRetries(away, { signal, canRepeat: () => false, onRetry: () => undefined });
    await expect(trying).rejects.toThrow(/^MongoDB is away$/);
  });
});
