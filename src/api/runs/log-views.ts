import { z } from 'zod';
import { logLevels } from '../../core/task/context.js';
import { cursor, runRef } from '../inputs.js';
import { runView, time } from './run-views.js';

const level = z.enum(logLevels).optional().describe('Only lines of this level or a graver one.');

export const runLogInput = runRef.extend({
  level,
  limit: z.number().int().min(1).max(5000).default(1000).describe('Most lines in one page.'),
  cursor,
});
export const followLogInput = runRef.extend({
  level,
  lastEventId: z.string().max(300).nullish().describe('Id of the last event seen: what follows it comes.'),
});
export const runResultInput = runRef.extend({
  offset: z.number().int().min(0).default(0).describe('Bytes of the JSON text to leave out at its beginning.'),
});

export const logLineView = z.object({
  time: time.describe('When the task said so.'),
  level: z.enum(logLevels).describe('How grave it is.'),
  message: z.string().describe('The line, secrets masked.'),
  fields: z.record(z.string(), z.unknown()).optional().describe('What the task gave beside it.'),
  attempt: z.number().describe('Attempt of the run that wrote it.'),
});
export type LogLineView = z.output<typeof logLineView>;

export const runLogPage = z.object({
  items: z.array(logLineView).describe('Lines in the order they were written.'),
  nextCursor: z.string().nullable().describe('For the next page; null when this is all there is now.'),
  live: z.boolean().describe('The run is under way: more may come.'),
});

export const logEventView = z.object({
  lines: z.array(logLineView).describe('Lines that came since the event before.'),
  run: runView.optional().describe('The run, when its state or progress changed.'),
  ended: z.boolean().optional().describe('The run has ended and this is the last event.'),
});
export type LogEventView = z.output<typeof logEventView>;

export const runResultPage = z.object({
  text: z.string().describe('A part of the result as JSON text.'),
  bytes: z.number().describe('Size of all of the text.'),
  nextOffset: z.number().nullable().describe('Where the next part begins; null: this is the last.'),
});
