import type { Command } from 'commander';
import type { JobState } from '../core/states.js';
import { collectLabel, collectList, wholeNumber } from './flag-values.js';

/** Flags that say which jobs. */
export interface JobFilterFlags {
  state?: string[];
  task?: string;
  owner?: string;
  label?: Record<string, string>;
  priority?: number;
  text?: string;
  nextFrom?: string;
  nextTo?: string;
}

/** @param order what is said of flags that change the order of a list */
export function withJobFilter(command: Command, order = ''): Command {
  return command
    .option('--state <state>', 'only these; may be repeated', collectList)
    .option('--task <name>', 'only this task')
    .option('--owner <name>', 'only of this owner')
    .option('--label <key=value>', 'only with this label; may be repeated', collectLabel)
    .option('--priority <1-5>', 'only of this priority', wholeNumber)
    .option('--text <part>', 'part of id, task or description')
    .option('--next-from <time>', `next run at or after${order}`)
    .option('--next-to <time>', `next run before${order}`);
}

export function jobFilterOf({ state, task, owner, label, priority, text, nextFrom, nextTo }: JobFilterFlags) {
  return {
    ...{ task, owner, priority, text },
    state: state as JobState[] | undefined,
    labels: label,
    nextRunFrom: nextFrom,
    nextRunTo: nextTo,
  };
}
