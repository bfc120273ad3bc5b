import { isoTime } from '../../core/ids.js';
import { describeSchedule, normaliseSchedule, plannedTimes } from '../../core/schedule/index.js';
import { previewInput } from '../inputs.js';
import { viewTimes } from '../jobs/times.js';
import { procedure, router } from '../trpc.js';
import { timesView } from '../views.js';

export const schedulesRouter = router({
  preview: procedure
    .meta({ summary: 'What a schedule means, and its next times.' })
    .input(previewInput)
    .output(timesView)
    .query(({ ctx, input }) => {
      const now = ctx.now();
      const schedule = normaliseSchedule(input.schedule, now);
      const { times } = plannedTimes(schedule, input.from ? Date.parse(input.from) : now - 1, input.count);
      const zone = input.timezone ?? schedule.timezone ?? 'UTC';
      return viewTimes(describeSchedule(schedule), times.map(isoTime), zone);
    }),
});
