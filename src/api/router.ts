import type { AnyTask } from '../core/task/task.js';
import { backfillsRouter } from './routers/backfills.js';
import { calendarsRouter } from './routers/calendars.js';
import { jobsRouter } from './routers/jobs.js';
import { runsRouter } from './routers/runs.js';
import { schedulesRouter } from './routers/schedules.js';
import { systemRouter } from './routers/system.js';
import { tasksRouter } from './routers/tasks.js';
import { router } from './trpc.js';

/** All procedures. `Tasks` types the input of definitions for clients; at run time there is one router. */
export function createRouter<const Tasks extends readonly AnyTask[] = readonly AnyTask[]>() {
  return router({
    jobs: jobsRouter<Tasks>(),
    calendars: calendarsRouter,
    backfills: backfillsRouter,
    runs: runsRouter,
    tasks: tasksRouter,
    schedules: schedulesRouter,
    system: systemRouter,
  });
}

export type AppRouter<Tasks extends readonly AnyTask[] = readonly AnyTask[]> = ReturnType<typeof createRouter<Tasks>>;
