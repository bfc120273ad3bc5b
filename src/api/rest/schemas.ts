import { z } from 'zod';
import { writtenScheduleJson } from '../../core/job-schema.js';
import { writtenSchedule } from '../../core/schedule/written.js';
import { backfillCommandView, backfillView, surveyView } from '../backfills/views.js';
import { calendarDetailView, calendarItemView, calendarPutView } from '../calendars/views.js';
import { logEventView, logLineView } from '../runs/log-views.js';
import { redriveView, retryView } from '../runs/views.js';
import * as views from '../views.js';
import type { Json } from './json.js';
import type { Operation } from './operations.js';

/** Answers that have a name of their own in the document; the others are named after their procedure. */
const named: Record<string, z.ZodType> = {
  Job: views.jobView,
  JobDetail: views.jobDetailView,
  JobItem: views.jobItemView,
  JobPage: views.jobPage,
  JobStatus: views.statusView,
  JobVersion: views.versionView,
  Definition: views.definitionView,
  Pause: views.pauseView,
  Command: views.commandView,
  Trigger: views.triggerView,
  Ensure: views.ensureView,
  Preview: views.previewView,
  Run: views.runView,
  RunSummary: views.runSummaryView,
  RunDetail: views.runDetailView,
  RunPage: views.runPage,
  RunError: views.runErrorView,
  Retry: retryView,
  Redrive: redriveView,
  LogLine: logLineView,
  LogEvent: logEventView,
  Task: views.taskView,
  Calendar: calendarDetailView,
  CalendarItem: calendarItemView,
  CalendarPut: calendarPutView,
  Backfill: backfillView,
  BackfillCommand: backfillCommandView,
  Survey: surveyView,
};
const uri = (id: string) => `#/components/schemas/${id}`;
const target = 'draft-2020-12';

export interface Answers {
  schemas: Record<string, Json>;
  /** Reference to the schema of an answer that is no stream. */
  refOf(operation: Operation): Json;
}

/** The schemas of all answers, each once. */
export function answersOf(operations: readonly Operation[]): Answers {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const answers = operations.filter(({ type, status }) => type !== 'subscription' && status !== 204);
  for (const { name, output } of answers) {
    if (!registry.has(output)) registry.add(output, { id: camelCase(name) });
  }
  const { schemas } = z.toJSONSchema(registry, {
    ...{ uri, target, io: 'output', unrepresentable: 'any' },
    override: ({ zodSchema, jsonSchema }) => {
      // Answers may come to have further fields.
      if (zodSchema._zod.def.type === 'object') delete jsonSchema.additionalProperties;
    },
  }) as unknown as { schemas: Record<string, Json> };
  return {
    schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)])),
    refOf: ({ output }) => ({ $ref: uri(registry.get(output)?.id as string) }),
  };
}

/** A schedule in each way it may be written: `Schedule` of the components. */
export function scheduleComponent(): Record<string, Json> {
  return { WrittenSchedule: writtenScheduleJson() };
}

/** JSON Schema of an input, whose schedules refer to {@link scheduleComponent}. */
export function inputSchema(input: z.ZodType): Json {
  return plain(
    z.toJSONSchema(input, {
      ...{ target, io: 'input', unrepresentable: 'any', reused: 'inline' },
      override: ({ zodSchema, jsonSchema }) => {
        if (!isWrittenSchedule(zodSchema)) return;
        const { description } = jsonSchema;
        for (const name of Object.keys(jsonSchema)) delete jsonSchema[name as keyof typeof jsonSchema];
        Object.assign(jsonSchema, { ...(description !== undefined && { description }), $ref: uri('WrittenSchedule') });
      },
    }) as Json,
  );
}

/** Itself, or with another description. */
function isWrittenSchedule(schema: z.core.$ZodType | undefined): boolean {
  if (!schema) return false;
  return schema === writtenSchedule || isWrittenSchedule(schema._zod.parent);
}

function plain({ $schema: _, $id: __, id: ___, ...schema }: Json): Json {
  return schema;
}

/** `runs.deadLetters` as `RunsDeadLetters`. */
function camelCase(name: string): string {
  return name
    .split('.')
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`)
    .join('');
}
