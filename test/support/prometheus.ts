/** Prometheus's text format 0.0.4, read as Prometheus does: names with their help and type, and samples. */

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
}

export interface Figures {
  readonly families: readonly Family[];
  /** The value of a sample; null where there is none. Labels in any order. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | null;
  /** The values that a label has, over all samples of the name. */
  labelValues(name: string, label: string): string[];
}

export function readFigures(text: string): Figures {
  const families: Family[] = [];
  const samples: { name: string; labels: Record<string, string>; value: number }[] = [];
  let help = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = rest;
    else if (kind === 'TYPE') families.push({ name, help, type: rest });
    else samples.push(sampleIn(line));
  }
  return {
    families,
    value(name, labels = {}) {
      const wanted = Object.entries(labels);
      const found = samples.filter(
        (sample) => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value),
      );
      if (found.length > 1) throw new Error(`${name}: ${found.length} samples are so`);
      return found[0]?.value ?? null;
    },
    labelValues: (name, label) => [
      ...new Set(samples.flatMap((sample) => (sample.name === name ? (sample.labels[label] ?? []) : []))),
    ],
  };
}

function sampleIn(line: string): { name: string; labels: Record<string, string>; value: number } {
  const [, name, inner = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`No sample: ${line}`);
  const labels = [...inner.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name,
    labels: Object.fromEntries(labels.map(([, key = '', text = '']) => [key, text])),
    value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
  };
}
