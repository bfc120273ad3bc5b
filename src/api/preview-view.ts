import { z } from 'zod';
import { time } from './runs/run-views.js';

export const previewView = z.object({
  words: z.string().describe('The schedule in words.'),
  timezone: z.string().describe('Zone of `local`.'),
  viewerTimezone: z.string().optional().describe('Zone of `viewer`, if one was named.'),
  times: z.array(time).describe('Nominal times that run, ascending.'),
  local: z.array(z.string()).describe("The same times with the zone's offset."),
  entries: z
    .array(
      z.object({
        at: time.describe('Nominal time.'),
        local: z.string().describe('The same in `timezone`.'),
        viewer: z.string().optional().describe('The same in `viewerTimezone`.'),
        effectiveAt: time.optional().describe('When it starts, if jitter or a window moves it.'),
        excluded: z.string().optional().describe('It does not run: what takes it out.'),
        moved: z.string().optional().describe('Moved here from an excluded time, and why.'),
        mark: z
          .enum(['dst_gap', 'dst_overlap_first', 'dst_overlap_second', 'dst_shifted'])
          .optional()
          .describe('What a change of the clock has to do with it.'),
        note: z.string().optional().describe('More of it, for people.'),
      }),
    )
    .describe('Every occurrence, also those that do not run, and why.'),
  notes: z
    .array(z.object({ at: time.optional().describe('Of which time.'), text: z.string().describe('For people.') }))
    .describe('Why a time is missing.'),
  warnings: z
    .array(
      z.object({
        code: z
          .enum(['BOTH_DAY_FIELDS', 'DST_GAP_HOUR', 'NEVER', 'EVERY_SECOND', 'ROUND_HOUR_HERD'])
          .describe('Stable code.'),
        message: z.string().describe('For people.'),
        hint: z.string().optional().describe('What to write instead.'),
      }),
    )
    .describe('What may not be meant so.'),
});
export type PreviewView = z.output<typeof previewView>;
