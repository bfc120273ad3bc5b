import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  session: number;
  uid: number;
  threads: number;
}

/**
 * The processes of this machine, from /proc. Elsewhere than on Linux it is empty. Zombies are left out. Read at a
 * stroke: that takes some 15 µs each, a tenth of what it takes piece by piece, and shows one moment.
 */
export class ProcessTable {
  all(): ProcessRow[] {
    return pidsIn('/proc')
      .map(readRow)
      .filter((row) => row !== undefined);
  }

  /** Whether the process was started with this variable. */
  hasVariable(pid: number, name: string, value: string): boolean {
    return `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${name}=${value}\0`);
  }
}

function pidsIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function readRow(pid: number): ProcessRow | undefined {
  const status = read(`/proc/${pid}/status`);
  const state = /^State:\s+(\w)/m.exec(status)?.[1];
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? -1);
  return {
    ...{ pid, parent: number('PPid'), group: number('NSpgid'), session: number('NSsid') },
    ...{ uid: number('Uid'), threads: number('Threads') },
  };
}

/** Empty when the process is gone, or another user's. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
