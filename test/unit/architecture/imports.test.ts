import { expect, test } from 'vitest';
import { faultsOf, importsOf } from './import-rules.js';
import { readSources } from './sources.js';

const sources = readSources();

test('imports point one way, and the surroundings come in as arguments', () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.flatMap(faultsOf)).toEqual([]);
});

test('every import is seen', () => {
  const text = [
    "import { a } from './a.js';",
    "import type { B } from '../core/b.js';",
    "import {\n  c,\n  type D,\n} from '../core/c.js';",
    "import './e.js';",
    "export { f } from './f.js';",
    "const g = await import('./g.js');",
    "// import { h } from './h.js';",
  ].join('\n');
  expect(importsOf({ path: 'api/x.ts', text }).map(({ target, typeOnly }) => [target, typeOnly])).toEqual([
    ['api/a', false],
    ['core/b', true],
    ['core/c', false],
    ['api/e', false],
    ['api/f', false],
    ['api/g', false],
  ]);
});

test.each([
  ['core/x.ts', "import { a } from '../store/store.js';"],
  ['core/x.ts', "import type { A } from '../api/views.js';"],
  ['core/x.ts', "import { readFileSync } from 'node:fs';"],
  ['core/x.ts', "import { createHash } from 'node:crypto';"],
  ['core/x.ts', "import { proxyActivities } from '@temporalio/workflow';"],
  ['core/schedule/cron.ts', "import { CronExpressionParser } from 'cron-parser';"],
  ['core/x.ts', 'const now = Date.now();'],
  ['core/x.ts', 'const now = new Date();'],
  ['core/x.ts', 'const port = process.env.PORT;'],
  ['core/x.ts', 'const answer = await fetch(url);'],
  ['workflows/x.ts', "import type { createActivities } from '../activities/activities.js';"],
  ['workflows/x.ts', "import { z } from 'zod';"],
  ['workflows/x.ts', "import { randomUUID } from 'node:crypto';"],
  ['workflows/x.ts', "import { Client } from '@temporalio/client';"],
  ['store/x.ts', "import { createActivities } from '../activities/activities.js';"],
  ['store/x.ts', "import { createApiServer } from '../api/http/server.js';"],
  ['activities/x.ts', "import { createSchedulerWorker } from '../worker/workers.js';"],
  ['activities/x.ts', "import { Gateway } from '../api/temporal/gateway.js';"],
  ['worker/x.ts', "import { createRouter } from '../api/router.js';"],
  ['worker/x.ts', "import { job } from '../workflows/index.js';"],
  ['api/x.ts', "import { executeRun } from '../activities/execute-run.js';"],
  ['api/x.ts', "import { job } from '../workflows/index.js';"],
  ['api/x.ts', "import { Client } from '@temporalio/client';"],
  ['api/x.ts', "import { sql } from 'kysely';"],
  ['api/x.ts', 'const now = Date.now();'],
  ['api/settings.ts', 'const port = process.env.PORT;'],
  ['cli/x.ts', "import { createStore } from '../store/store.js';"],
  ['cli/x.ts', "import { Gateway } from '../api/temporal/gateway.js';"],
  ['cli/x.ts', "import { type JobView } from '../api/views.js';"],
  ['cli/x.ts', "import { httpTask } from '../activities/tasks/http.js';"],
  ['embedded/x.ts', "import { createApiServer } from '../api/http/server.js';"],
  ['embedded/x.ts', "import { createSchedulerWorker } from '../worker/workers.js';"],
  ['embedded/x.ts', "import { Connection } from '@temporalio/client';"],
  ['index.ts', "export { createStore } from './store/store.js';"],
])('in %s the planted fault is found: %s', (path, text) => {
  expect(faultsOf({ path, text })).not.toEqual([]);
});

test.each([
  ['core/prepare.ts', "import { createHash } from 'node:crypto';"],
  ['cli/x.ts', "import type { JobView } from '../api/views.js';"],
  ['cli/x.ts', "import { createCarillonClient } from '../api/client/client.js';"],
  ['embedded/temporal/x.ts', "import { Connection } from '@temporalio/client';"],
  ['api/main.ts', 'const now = () => Date.now();'],
  ['activities/x.ts', 'const now = Date.now();'],
])('in %s this is allowed: %s', (path, text) => {
  expect(faultsOf({ path, text })).toEqual([]);
});
