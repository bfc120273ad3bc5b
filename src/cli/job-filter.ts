import type { Command } from 'commander';
import type { JobState } from '../core/states.js';
import { collectLabel, collectList, wholeNumber } from './flag-values.js';

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

/** Flags that choose jobs. */
export function withJobFilter(command: Command): Command {
  return command
    .option('--state <state>', 'only these; may be repeated', collectList)
    .option('--task <name>', 'only this task')
    .option('--owner <name>', 'only of this owner')
    .option('--label <key=value>', 'only with this label; may be repeated', collectLabel)
    .option('--priority <1-5>', 'only of this priority', wholeNumber)
    .option('--text <part>', 'part of id, task or description')
    .option('--next-from <time>', 'next run at or after; orders by next run')
    .option('--next-to <time>', 'next run before; orders by next run');
}

/** The filter as the API takes it. */
export function jobFilterOf({ state, label, nextFrom, nextTo, ...rest }: JobFilterFlags) {
  const { task, owner, priority, text } = rest;
  const filter = { task, owner, priority, text, labels: label, nextRunFrom: nextFrom, nextRunTo: nextTo };
  return { ...filter, state: state as JobState[] | undefined };
}
