import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of /proc in a second; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * CPU seconds that this process and all that descend from it have used; undefined where there is no /proc. Unlike a
 * rate it hardly changes when others use the machine at the same time.
 */
export function cpuSeconds(): number | undefined {
  const processes = readProcesses();
  if (!processes) return undefined;
  const isOurs = (pid: number): boolean => {
    const parent = processes.get(pid)?.parent ?? 0;
    return pid === process.pid || (parent > 1 && isOurs(parent));
  };
  let ticks = 0;
  for (const [pid, one] of processes) if (isOurs(pid)) ticks += one.ticks;
  return ticks / ticksPerSecond;
}

interface ProcessTime {
  parent: number;
  ticks: number;
}

function readProcesses(): Map<number, ProcessTime> | undefined {
  if (!existsSync('/proc/self/stat')) return undefined;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.map((pid) => [Number(pid), readStat(pid)]));
}

/** A process that ended since the folder was read counts for nothing. */
function readStat(pid: string): ProcessTime {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets and may hold anything; from there on: state, parent, ..., utime and stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return { parent: 0, ticks: 0 };
  }
}
