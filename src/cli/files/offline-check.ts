import { z } from 'zod';
import { CarillonError } from '../../core/errors.js';
import { seedOf } from '../../core/ids.js';
import { prepareDefinition } from '../../core/prepare.js';
import { calendarNames } from '../../core/schedule/index.js';
import { TaskRegistry } from '../../core/task/registry.js';
import type { AnyTask } from '../../core/task/task.js';
import { type FileFault, faultsAt } from './fault.js';
import type { JobDocument } from './job-file.js';
import { publishedInputs } from './published-schema.js';

/** What can be told of a document without a server. */
export interface OfflineView {
  id: string;
  project: string;
  task: string;
  words: string;
  /** Next nominal times, at most 5; they take calendars for empty. */
  next: string[];
  /** What only a server could tell. */
  unchecked: string[];
}

/**
 * Checks documents as the API does, but for what only a server knows: tasks of users, and calendars.
 * @param now ms since the epoch
 */
export function checkOffline(documents: JobDocument[], now: number): { views: OfflineView[]; faults: FileFault[] } {
  const inputs = publishedInputs();
  const faults: FileFault[] = [];
  const views = documents.flatMap((document): OfflineView[] => {
    try {
      return [viewOf(document, inputs.get(document.definition.task), now)];
    } catch (error) {
      if (!(error instanceof CarillonError)) throw error;
      faults.push(...faultsAt(document, error));
      return [];
    }
  });
  return { views, faults };
}

function viewOf({ id, project, definition }: JobDocument, input: z.ZodType | undefined, now: number): OfflineView {
  const { task } = definition;
  const standIn: AnyTask = { name: task, input: input ?? z.unknown(), run: () => undefined };
  const names = calendarNames(definition.schedule);
  const calendars = Object.fromEntries(names.map((name) => [name, { revision: 0, rules: [] }]));
  const resolved = { seed: seedOf(project, id), calendars };
  const unchecked = [...(input ? [] : [`task ${task}`]), ...names.map((name) => `calendar ${name}`)];
  try {
    const { words, plan } = prepareDefinition(definition, new TaskRegistry([standIn]), now, resolved);
    const runs = plan.entries.filter(({ excluded }) => excluded === undefined).map(({ at }) => at);
    return { id, project, task, words, next: runs.slice(0, 5), unchecked };
  } catch (error) {
    // A job that ran its course is still what its file says; a new one would be refused.
    if (!(error instanceof CarillonError) || error.code !== 'SCHEDULE_NEVER_FIRES') throw error;
    return {
      id,
      project,
      task,
      words: 'no time ahead',
      next: [],
      unchecked: [...unchecked, `whether ${id} is there already, as no time is ahead`],
    };
  }
}
