/**
 * A bar on stderr that shows how far a command is, where stderr is a terminal; nothing elsewhere, so that a script's
 * log holds lines only. cli-progress draws it.
 */
import cliProgress from 'cli-progress';

const narrowestBar = 10;
const widestBar = 30;
const shortestLabel = 8;
/** However much room there is: numbers grow on the way, and the label is not to become shorter by that. */
const longestLabel = 24;
/** Of a stream that does not say. */
const usualColumns = 80;
/** Sooner, what is left is a guess. */
const firstEstimateMs = 1_000;

export interface ProgressBar {
  /** Both in the same unit. A total may grow while it runs. */
  set(done: number, total: number): void;
  /** Prints where the bar stands and draws it anew below: `print` writes whole lines, to stdout or stderr. */
  above(print: () => void): void;
  /** Takes it off the screen. */
  end(): void;
}

/** @param show a number as people read it, with its unit: bytes, records */
export function createProgressBar(
  label: string,
  show: (value: number) => string,
  stream: NodeJS.WriteStream = process.stderr,
): ProgressBar {
  if (!stream.isTTY) return silent;
  const options: cliProgress.Options = {
    stream,
    format: (_options, { progress, value, total }) => {
      const left = leftMs === null ? '' : `, ${Math.ceil(leftMs / 1_000)} s left`;
      const numbers = `${Math.floor(progress * 100)}% ${show(value)} of ${show(total)}${left}`;
      return barLine({ label, numbers, progress, columns: stream.columns || usualColumns });
    },
    clearOnComplete: true,
    hideCursor: null,
    linewrap: false,
  };
  const bar = new cliProgress.SingleBar(options);
  let isRunning = false;
  let at = { done: 0, total: 0 };
  let first: { readonly done: number; readonly ms: number } | null = null;
  let leftMs: number | null = null;
  /** By the pace of the whole way so far: that of the last moments jumps. */
  const estimate = (): void => {
    first ??= { done: at.done, ms: performance.now() };
    const [goneMs, done] = [performance.now() - first.ms, at.done - first.done];
    const isKnown = goneMs >= firstEstimateMs && done > 0 && at.done < at.total;
    leftMs = isKnown ? ((at.total - at.done) * goneMs) / done : null;
  };
  const draw = (): void => {
    bar.start(at.total, at.done);
    isRunning = true;
  };
  const clear = (): void => {
    if (isRunning) bar.stop();
    isRunning = false;
  };
  return {
    set(done, total) {
      // A repeat begins anew.
      if (done < at.done) first = null;
      at = { done, total };
      estimate();
      if (!isRunning) return draw();
      bar.setTotal(total);
      bar.update(done);
    },
    above(print) {
      const wasRunning = isRunning;
      clear();
      print();
      if (wasRunning) draw();
    },
    end: clear,
  };
}

/** One line of the terminal: the bar becomes shorter first, then the label; the numbers stay whole. */
export function barLine({
  label,
  numbers,
  progress,
  columns,
}: {
  readonly label: string;
  readonly numbers: string;
  readonly progress: number;
  readonly columns: number;
}): string {
  // Brackets, spaces, and the last column, which some terminals wrap at.
  const room = columns - numbers.length - ' [] '.length - 1;
  const labelWidth = Math.min(longestLabel, Math.max(shortestLabel, room - narrowestBar));
  const characters = [...label];
  const shown = characters.length > labelWidth ? [...characters.slice(0, labelWidth - 1), '…'] : characters;
  const width = Math.max(0, Math.min(widestBar, room - shown.length));
  const full = Math.round(progress * width);
  return `${shown.join('')} [${'#'.repeat(full)}${'.'.repeat(width - full)}] ${numbers}`;
}

const silent: ProgressBar = {
  set: () => undefined,
  above: (print) => print(),
  end: () => undefined,
};
