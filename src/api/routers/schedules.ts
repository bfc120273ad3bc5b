import { previewSchedule } from '../../core/preview.js';
import { normaliseSchedule } from '../../core/schedule/index.js';
import { resolveSchedule } from '../../store/resolved.js';
import { previewInput } from '../inputs.js';
import { procedure, router } from '../trpc.js';
import { previewView } from '../views.js';

export const schedulesRouter = router({
  preview: procedure
    .meta({
      summary: 'What a schedule means in words, its next times in both zones, why others are missing, warnings.',
      rest: { method: 'POST', path: '/schedules/preview' },
    })
    .input(previewInput)
    .output(previewView)
    .query(async ({ ctx, input: { project, id = '', schedule: asked, from, ...options } }) => {
      const now = ctx.now();
      const resolved = await resolveSchedule(ctx.store, { project, jobId: id }, asked);
      const schedule = normaliseSchedule(asked, now, resolved);
      return previewSchedule(schedule, { ...options, after: from ? Date.parse(from) : now - 1 });
    }),
});
