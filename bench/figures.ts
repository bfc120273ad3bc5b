/** The value below which `share` (0 to 1) of the values lie. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

export function median(values: number[]): number {
  return percentile(values, 0.5);
}

/** One line of a bench: ours, a peer's, and their ratio. */
export interface Figure {
  name: string;
  unit: 'jobs/s' | 'requests/s' | 'next/s' | 'ms' | 'CPU s per 1000 jobs';
  ours: number;
  peer: string;
  theirs: number;
  /** What the ratio should be, such as `>= 0.85`. */
  aim?: string;
}

export function ratio({ ours, theirs }: Figure): number {
  return ours / theirs;
}

export function printFigures(figures: Figure[]): void {
  const round = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  const rows = figures.map((figure) => [
    figure.name,
    `${round(figure.ours)} ${figure.unit}`,
    `${figure.peer} ${round(figure.theirs)}`,
    ratio(figure).toFixed(2),
    figure.aim ?? '',
  ]);
  rows.unshift(['figure', 'ours', 'peer', 'ratio', 'aim']);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  for (const row of rows) {
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  }
}
