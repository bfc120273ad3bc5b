import { z } from 'zod';
import { builtInTasks } from '../../activities/tasks/index.js';
import { formatDuration, parseDuration } from '../../core/duration.js';
import { attemptBound } from '../../core/prepare.js';
import { type TaskRegistry, versionOf } from '../../core/task/registry.js';
import type { AnyTask } from '../../core/task/task.js';
import type { TaskView } from './views.js';

/** A task as clients see it. */
export function viewTask(task: AnyTask, registry: TaskRegistry): TaskView {
  const lane = task.lane ?? 'standard';
  return {
    name: task.name,
    version: versionOf(task),
    highest: registry.get(task.name) === task,
    builtIn: (builtInTasks as readonly AnyTask[]).includes(task),
    ...(task.description !== undefined && { description: task.description }),
    lane,
    timeout: formatDuration(parseDuration(attemptBound(lane, undefined, task))),
    input: jsonSchemaOf(task.input, 'input'),
    ...(task.output && { output: jsonSchemaOf(task.output, 'output') }),
  };
}

/** What JSON cannot say of a schema (a transform, a class) is anything. */
function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  try {
    return z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>;
  } catch {
    // Of another release of zod: it checks inputs all the same.
    return {};
  }
}
