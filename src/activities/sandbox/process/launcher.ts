import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepLimits } from '../../../core/task/services.js';

const mebibyte = 1024 * 1024;
const places = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];
/** The kernel's number of the first namespace of processes: there, /proc shows every process that counts. */
const firstNamespace = 'pid:[4026531836]';

/** Limits of one step as the system counts them. */
export interface LaunchLimits extends Pick<StepLimits, 'memoryMiB' | 'fileMiB'> {
  cpuSeconds: number;
  /** Undefined: cannot be said here. */
  processes?: number;
}

/**
 * The command that runs `argv` with these limits, and without a way to more rights. Memory is bounded as private
 * writable memory, not as address space: Node, Java and Go reserve many times what they use.
 */
export async function launchCommand(argv: string[], limits: LaunchLimits): Promise<string[]> {
  const { cpuSeconds, processes } = limits;
  const memory = limits.memoryMiB * mebibyte;
  const file = limits.fileMiB * mebibyte;
  const prlimit = find('prlimit');
  if (!prlimit) {
    // The script is fixed; the values are its arguments. It says all that every shell can.
    const script = 'ulimit -c 0; ulimit -t "$1"; ulimit -f "$2"; ulimit -d "$3" 2>/dev/null; shift 3; exec "$@"';
    return ['/bin/sh', '-c', script, 'sh', String(cpuSeconds), String(file / 512), String(memory / 1024), ...argv];
  }
  const most = await hardLimits();
  const limit = (name: string, label: string, value: number | undefined) =>
    value === undefined ? [] : [`--${name}=${Math.min(value, most.get(label) ?? Number.POSITIVE_INFINITY)}`];
  const setpriv = find('setpriv');
  return [
    ...(setpriv ? [setpriv, '--no-new-privs', '--'] : []),
    prlimit,
    '--core=0',
    ...limit('cpu', 'Max cpu time', cpuSeconds),
    ...limit('data', 'Max data size', memory),
    ...limit('fsize', 'Max file size', file),
    ...limit('nproc', 'Max processes', processes),
    '--',
    ...argv,
  ];
}

/** Path of a program of the system. */
export function find(program: string): string | undefined {
  return places.map((place) => join(place, program)).find((path) => existsSync(path));
}

/** Whether /proc shows all the processes that the system counts against this user. */
export async function seesAllProcesses(): Promise<boolean> {
  return (await readlink('/proc/self/ns/pid').catch(() => '')) === firstNamespace;
}

async function hardLimits(): Promise<Map<string, number>> {
  const text = await readFile('/proc/self/limits', 'latin1').catch(() => '');
  const rows = [...text.matchAll(/^(Max [a-z ]+?)\s{2,}\S+\s+(\d+)/gm)];
  return new Map(rows.map(([, label = '', hard]) => [label, Number(hard)]));
}
