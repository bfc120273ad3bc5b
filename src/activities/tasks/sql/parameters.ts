import { z } from 'zod';
import type { TaskContext } from '../../../core/task/context.js';

/** What a parameter may take from the run. */
export const runFields = [
  'id',
  'jobId',
  'project',
  'attempt',
  'scheduledAt',
  'effectiveAt',
  'lastSuccessAt',
  'lastSuccessId',
] as const;
export type RunField = (typeof runFields)[number];

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A value to bind, as a job's input writes it. */
export const parameterSchema = z.union([
  scalar,
  z.array(scalar),
  z.strictObject({ run: z.enum(runFields).describe('Data of the run.') }),
  z.strictObject({ json: z.unknown().describe('Sent as JSON text.') }),
  z.strictObject({ base64: z.base64().describe('Sent as bytes.') }),
]);
export type Parameter = z.output<typeof parameterSchema>;

/** Parameters as they are bound. Times of the run are RFC 3339 in UTC; of a job that never succeeded, null. */
export function boundValues(context: TaskContext, parameters: readonly Parameter[]): Promise<unknown[]> {
  return Promise.all(
    parameters.map((parameter) => {
      if (typeof parameter !== 'object' || parameter === null || Array.isArray(parameter)) return parameter;
      if ('run' in parameter) return runValue(context, parameter.run);
      return 'json' in parameter ? JSON.stringify(parameter.json) : Buffer.from(parameter.base64, 'base64');
    }),
  );
}

export async function runValue(context: TaskContext, field: RunField): Promise<string | number | null> {
  switch (field) {
    case 'id':
      return context.runId;
    case 'scheduledAt':
    case 'effectiveAt':
      return context[field].toISOString();
    case 'lastSuccessAt':
      return (await context.lastSuccess())?.scheduledAt.toISOString() ?? null;
    case 'lastSuccessId':
      return (await context.lastSuccess())?.runId ?? null;
    default:
      return context[field];
  }
}
