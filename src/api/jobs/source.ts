import { type Definition, definitionSchema } from '../../core/definition.js';
import { stableJson } from '../../core/prepare.js';
import { submittedOf } from '../../core/submitted.js';
import type { TaskRegistry } from '../../core/task/registry.js';
import type { InnerContext } from '../context.js';
import type { JobRefs } from '../temporal/gateway.js';
import type { SourceView } from '../views.js';
import { readJob } from './read.js';

/** The definition as a person would write it: submitted again it changes nothing, and defaults are left out. */
export async function readSource(context: InnerContext, ref: JobRefs): Promise<SourceView> {
  const { definition, state } = await readJob(context, ref);
  return { id: ref.jobId, project: ref.project, state, definition: sourceOf(definition, context.registry) };
}

/** The same of any definition. */
export function sourceOf(definition: Definition, registry: TaskRegistry): Record<string, unknown> {
  const submitted = submittedOf(definition, registry.get(definition.task));
  const defaults = definitionSchema.parse({ task: submitted.task, schedule: { immediate: true } });
  const { schedule, input, ...rules } = submitted;
  const { task, description, ...rest } = withoutDefaults(rules, defaults);
  const shown = { description, task, input, schedule, ...rest };
  return JSON.parse(JSON.stringify(shown));
}

/** What differs from the defaults, of parts what differs inside; the task is no default. */
function withoutDefaults(value: object, defaults: object): Record<string, unknown> {
  const entries = Object.entries(value).flatMap(([name, item]): [string, unknown][] => {
    const usual = (defaults as Record<string, unknown>)[name];
    if (name === 'task' || usual === undefined) return [[name, item]];
    if (stableJson(item) === stableJson(usual)) return [];
    return isMapping(item) && isMapping(usual) ? [[name, withoutDefaults(item, usual)]] : [[name, item]];
  });
  return Object.fromEntries(entries);
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
