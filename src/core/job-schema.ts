import { z } from 'zod';
import { definitionSchema, jobId, projectName } from './definition.js';
import { writtenSchedule } from './schedule/written.js';
import type { AnyTask } from './task/task.js';

/** One job as a file has it. */
export const jobDocumentSchema = definitionSchema.extend({ id: jobId, project: projectName.optional() });

type Json = Record<string, unknown>;
/** In place of text of a certain form: text with a variable in it. */
const fromEnvironment = { $ref: '#/definitions/fromEnvironment' };

const scheduleText = {
  type: 'string',
  description:
    'In one line: a cron expression, a preset, four fields `<second> <minute> <hour> <day>`, an interval, a time, an RRULE, or `run_once`.',
  examples: ['0 3 * * *', '@daily', '0 30 9 *', '1h30m', '2026-12-01T09:00:00Z', 'run_once'],
};
const scheduleForms = {
  crontab: {
    type: 'string',
    description: 'Four fields: `<second> <minute> <hour> <day-of-month>`. In place of `cron`.',
    examples: ['0 30 9 *'],
  },
  run_once: {
    anyOf: [{ const: true }, { type: 'string' }],
    description: 'Once: now (true), or at this time. In place of `immediate` and `at`.',
    examples: [true, '2026-12-01T09:00:00Z'],
  },
};

/**
 * JSON Schema (draft 7, which editors know best) of a document of a job file, as it stands in the file: with the input
 * of each of these tasks.
 */
export function jobSchema(tasks: readonly AnyTask[]): Json {
  const { $schema, ...document } = toJson(jobDocumentSchema);
  const definitions: Json = {};
  const conditions = [...tasks]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((task) => conditionOf(task, definitions));
  return {
    $schema,
    title: 'A job of Carillon',
    description: 'What to run and when: one document of a file for `carillon apply`.',
    ...document,
    allOf: conditions,
    examples: [{ id: 'backup', task: 'http', input: { url: 'https://example.org/backup' }, schedule: '0 3 * * *' }],
    definitions: {
      ...definitions,
      fromEnvironment: {
        type: 'string',
        pattern: '\\$\\{',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what people write.
        description: 'Text with a variable: `${NAME}` or `${NAME:-default}`.',
      },
    },
  };
}

/**
 * What `input` must be when the task is this one.
 * @param shared takes what the input's schema refers to: references are read from the root of the document
 */
function conditionOf({ name, description, input }: AnyTask, shared: Json): Json {
  const text = JSON.stringify(toJson(input)).replaceAll('#/definitions/__', `#/definitions/${name}.__`);
  const { $schema: _, definitions = {}, ...schema } = JSON.parse(text) as Json;
  for (const [key, value] of Object.entries(definitions as Json)) shared[`${name}.${key}`] = value;
  return {
    if: { properties: { task: { const: name } }, required: ['task'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
    then: {
      properties: { input: { ...(description && { description }), ...schema } },
      ...(input.safeParse(undefined).success ? {} : { required: ['input'] }),
    },
  };
}

/** JSON Schema (2020-12) of a schedule in each way it may be written. */
export function writtenScheduleJson(): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(writtenSchedule, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  }) as Json;
  withScheduleForms(schema);
  return schema;
}

function toJson(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema, path }) => {
      if ((zodSchema as unknown) === writtenSchedule) withScheduleForms(jsonSchema);
      // Variables stand in values, never in keys.
      else if (isFormed(jsonSchema) && path.at(-1) !== 'propertyNames') withVariables(jsonSchema);
    },
  }) as Json;
}

function isFormed({ type, pattern, format, enum: values }: Json): boolean {
  return type === 'string' && (pattern !== undefined || format !== undefined || values !== undefined);
}

function withVariables(schema: Json): void {
  const { description, default: usual, ...form } = schema;
  for (const name of Object.keys(form)) delete schema[name];
  schema.anyOf = [form, fromEnvironment];
}

function withScheduleForms(schema: Json): void {
  const { properties, ...object } = schema;
  for (const name of Object.keys(schema)) delete schema[name];
  schema.description = 'When the job runs.';
  schema.anyOf = [scheduleText, { ...object, properties: { ...(properties as Json), ...scheduleForms } }];
}
