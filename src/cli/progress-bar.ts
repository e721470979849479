/**
 * A bar on stderr that shows how far a command is, where stderr is a terminal; nothing elsewhere, so that a script's
 * log holds lines only. cli-progress draws it.
 */
import cliProgress from 'cli-progress';

const barWidth = 30;

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
    format: (_options, { progress, value, total, eta }) => {
      const full = Math.round(progress * barWidth);
      const bar = '#'.repeat(full) + '.'.repeat(barWidth - full);
      const left = eta > 0 && Number.isFinite(eta) ? `, ${eta} s left` : '';
      return `${label} [${bar}] ${Math.floor(progress * 100)}% ${show(value)} of ${show(total)}${left}`;
    },
    clearOnComplete: true,
    hideCursor: null,
    linewrap: false,
  };
  const bar = new cliProgress.SingleBar(options);
  let isRunning = false;
  let at = { done: 0, total: 0 };
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
      at = { done, total };
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

const silent: ProgressBar = {
  set: () => undefined,
  above: (print) => print(),
  end: () => undefined,
};
