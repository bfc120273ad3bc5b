import { z } from 'zod';
import { backfillOrders, rerunRules } from './states.js';

const time = (what: string) =>
  z.iso
    .datetime({ offset: true, error: 'Expected ISO 8601 with an offset, such as 2026-11-21T09:00:00Z.' })
    .transform((text) => new Date(text).toISOString())
    .describe(what);

/** Part of workflow and run ids, so it keeps to the letters of these. */
export const backfillId = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9])?$/,
    'Expected 1-80 letters, digits, dots, dashes or underscores, not starting or ending with a mark.',
  )
  .describe('Id of the backfill, unique in its project.');

/** What a backfill runs, and how, as a person writes it. */
export const backfillRequestSchema = z.strictObject({
  from: time('Nominal times at or after this.'),
  to: time('Nominal times before this.'),
  maxActiveRuns: z.number().int().min(1).max(100).default(1).describe('Runs in progress at once.'),
  priority: z.number().int().min(1).max(5).default(5).describe('Priority of its runs: 1 is most urgent, 5 least.'),
  rerun: z
    .enum(rerunRules)
    .default('missing')
    .describe('Which nominal times run: those that never took place, also those whose last run failed, or all.'),
  order: z.enum(backfillOrders).default('oldest').describe('Which nominal times come first.'),
  input: z.unknown().optional().describe("Input of its runs, in place of the definition's."),
  note: z.string().max(1000).optional().describe('What it is for.'),
});
