import Table from 'cli-table3';
import { stringify } from 'yaml';
import type { Io } from './io.js';
import { relativeTime } from './relative.js';

export const formats = ['table', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

const colours: Record<string, number> = {
  succeeded: 32,
  completed: 32,
  ok: 32,
  running: 36,
  retrying: 33,
  paused: 33,
  skipped: 33,
  warning: 33,
  missed: 31,
  failed: 31,
  timed_out: 31,
  cancelled: 90,
};

const marks = { '+': 32, '-': 31, '~': 33, ' ': undefined };

/** Prints data: as it is for programs, as a table for people. */
export class Output {
  constructor(
    private readonly io: Io,
    private readonly format: Format,
    private readonly colour: boolean,
  ) {}

  /** @param table what people see of the data */
  data(value: unknown, table: () => string): void {
    if (this.format === 'json') this.io.out(`${JSON.stringify(value, null, 2)}\n`);
    else if (this.format === 'yaml') this.io.out(stringify(value));
    else this.io.out(`${table()}\n`);
  }

  /** Columns without lines, so that they can be cut by other programs. */
  columns(head: string[], rows: (string | number | undefined)[][]): string {
    const table = new Table({ head: head.map((name) => this.paint(name, 1)), chars: noLines, style: plain });
    for (const row of rows) table.push(row.map((cell) => String(cell ?? '')));
    return trimmed(table.toString());
  }

  /** One thing as names and values; what is absent is left out. */
  fields(entries: [string, string | number | null | undefined][]): string {
    const table = new Table({ chars: noLines, style: plain });
    for (const [name, value] of entries) {
      if (value !== undefined && value !== null && value !== '') table.push([this.paint(name, 1), String(value)]);
    }
    return trimmed(table.toString());
  }

  state(name: string): string {
    return this.paint(name, colours[name]);
  }

  /** A line of a comparison: added, removed, changed, or the same on both sides. */
  marked(sign: keyof typeof marks, line: string): string {
    return this.paint(`${sign} ${line}`, marks[sign]);
  }

  get isJson(): boolean {
    return this.format === 'json';
  }

  /** A time with its distance from now. */
  time(time: string | null | undefined): string {
    return time ? `${time} (${relativeTime(time, this.io.now())})` : '';
  }

  private paint(text: string, code: number | undefined): string {
    return this.colour && code !== undefined ? `\u001B[${code}m${text}\u001B[0m` : text;
  }
}

const edges = ['top', 'bottom', 'left', 'right'].flatMap((side) => [
  side,
  `${side}-mid`,
  `${side}-left`,
  `${side}-right`,
]);
const noLines = {
  ...Object.fromEntries(edges.map((edge) => [edge, ''])),
  mid: '',
  'mid-mid': '',
  'left-mid': '',
  middle: '  ',
};
const plain = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };

function trimmed(text: string): string {
  return text.replace(/[ \t]+$/gm, '');
}
