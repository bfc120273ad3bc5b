import type { AnyTask } from '../core/task/task.js';
import type { GuardedProcedure } from './access/needs.js';
import { auditRouter } from './routers/audit.js';
import { backfillsRouter } from './routers/backfills.js';
import { calendarsRouter } from './routers/calendars.js';
import { eventsRouter } from './routers/events.js';
import { jobsRouter } from './routers/jobs.js';
import { keysRouter } from './routers/keys.js';
import { membersRouter } from './routers/members.js';
import { operationsRouter } from './routers/operations.js';
import { projectsRouter } from './routers/projects.js';
import { runsRouter } from './routers/runs.js';
import { schedulesRouter } from './routers/schedules.js';
import { secretsRouter } from './routers/secrets.js';
import { systemRouter } from './routers/system.js';
import { tasksRouter } from './routers/tasks.js';
import { router } from './trpc.js';

/** All procedures. `Tasks` types the input of definitions for clients; at run time there is one router. */
export function createRouter<const Tasks extends readonly AnyTask[] = readonly AnyTask[]>() {
  return router({
    jobs: jobsRouter<Tasks>(),
    calendars: calendarsRouter,
    backfills: backfillsRouter,
    operations: operationsRouter,
    runs: runsRouter,
    events: eventsRouter,
    tasks: tasksRouter,
    keys: keysRouter,
    schedules: schedulesRouter,
    projects: projectsRouter,
    members: membersRouter,
    secrets: secretsRouter,
    audit: auditRouter,
    system: systemRouter,
  });
}

export type AppRouter<Tasks extends readonly AnyTask[] = readonly AnyTask[]> = ReturnType<typeof createRouter<Tasks>>;

type PathsOf<Record, Prefix extends string = ''> = {
  [Name in keyof Record & string]: Record[Name] extends { _def: { procedure: true } }
    ? `${Prefix}${Name}`
    : PathsOf<Record[Name], `${Prefix}${Name}.`>;
}[keyof Record & string];
/** The names of all procedures: `jobs.create`. */
export type ProcedurePath = PathsOf<AppRouter['_def']['record']>;

/** Does not compile unless each procedure has its row in `access/needs.ts`, and each row its procedure. */
type Same<One, Other> = [Exclude<One, Other>, Exclude<Other, One>];
export const everyProcedureIsGuarded: Same<ProcedurePath, GuardedProcedure> extends [never, never]
  ? true
  : Same<ProcedurePath, GuardedProcedure> = true;
