import type { Command } from 'commander';
import { toCarillonError } from '../../api/client/client.js';
import type { HealthView, TaskListView } from '../../api/views.js';
import { exitCodes } from '../exit.js';
import { openInvocation } from '../invocation.js';
import type { Io } from '../io.js';
import { explained } from '../refusal.js';

interface Check {
  name: string;
  result: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What to do about it. */
  hint?: string;
}

/** A difference of the clocks above this makes times look wrong, in milliseconds. */
const tolerableSkew = 2000;

export function addDoctor(program: Command, io: Io, setExitCode: (code: number) => void): void {
  program
    .command('doctor')
    .description('check every part Carillon needs, and say what to do')
    .action(async (_flags, command: Command) => {
      const { client, output, address } = openInvocation(command, io);
      const checks = [checkNode(process.versions.node)];
      const asked = io.now();
      try {
        const health = await client.system.health.query();
        checks.push({
          name: 'API',
          result: 'ok',
          detail: `${address.url} (${address.from}), version ${health.version}`,
        });
        checks.push(checkClock(Date.parse(health.time), asked, io.now()), ...checkHealth(health));
        checks.push(checkTasks(await client.tasks.list.query()));
        if (address.credentials) checks.push({ name: 'Key', result: 'ok', detail: address.credentials.from });
      } catch (error) {
        const { code, message, details } = explained(toCarillonError(error), address);
        const refused = code === 'UNAUTHENTICATED';
        checks.push({
          name: refused ? 'Key' : 'API',
          result: 'failed',
          detail: refused
            ? `${address.credentials?.from ?? 'none'}: ${message}`
            : `${address.url} (${address.from}): ${message}`,
          hint: details.hint,
        });
        setExitCode(refused ? exitCodes.refused : exitCodes.unavailable);
      }
      output.data({ checks }, () =>
        output.columns(
          ['CHECK', 'RESULT', 'DETAIL'],
          checks.map((check) => [check.name, output.state(check.result), check.detail]),
        ),
      );
      for (const { name, hint } of checks) if (hint) io.err(`${name}: → ${hint}\n`);
      if (checks.some(({ name, result }) => result === 'failed' && name !== 'API' && name !== 'Key'))
        setExitCode(exitCodes.unavailable);
    });
}

function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return { name: 'Node', result: 'ok', detail: version };
  return { name: 'Node', result: 'failed', detail: version, hint: 'Install Node 20.19 or newer.' };
}

/** The API read its clock between the two moments this process read its own. */
function checkClock(theirs: number, before: number, after: number): Check {
  const skew = Math.max(0, before - theirs, theirs - after);
  const detail = skew > 0 ? `${(skew / 1000).toFixed(1)} s apart from the API` : "the same as the API's";
  if (skew <= tolerableSkew) return { name: 'Clock', result: 'ok', detail };
  return {
    name: 'Clock',
    result: 'warning',
    detail,
    hint: 'Set both clocks by NTP; "in 4 s" and the like are off meanwhile.',
  };
}

function checkHealth({ temporal, store, workers }: HealthView): Check[] {
  return [
    temporal.ok
      ? { name: 'Temporal', result: 'ok', detail: `${temporal.address}, namespace ${temporal.namespace}` }
      : {
          name: 'Temporal',
          result: 'failed',
          detail: temporal.error ?? temporal.address ?? 'does not answer',
          hint: `Start the Temporal server at ${temporal.address}, or correct TEMPORAL_ADDRESS of the API.`,
        },
    store.ok
      ? { name: 'Database', result: 'ok', detail: 'answers' }
      : {
          name: 'Database',
          result: 'failed',
          detail: store.error ?? 'does not answer',
          hint: 'Start PostgreSQL, or correct CARILLON_DATABASE_URL of the API; jobs keep running meanwhile.',
        },
    pollers('Scheduler workers', workers.scheduler, 'failed'),
    pollers('Heavy workers', workers.heavy, 'warning'),
  ];
}

function checkTasks({ items, broken }: TaskListView): Check {
  const registered = `${new Set(items.map(({ name }) => name)).size} registered`;
  if (broken.length === 0) return { name: 'Tasks', result: 'ok', detail: registered };
  return {
    name: 'Tasks',
    result: 'warning',
    detail: `${registered}; ${broken.length} ${broken.length === 1 ? 'module does' : 'modules do'} not load`,
    hint: broken.map(({ module, message }) => `${module}: ${message}`).join('; '),
  };
}

function pollers(name: string, count: number, result: 'failed' | 'warning'): Check {
  if (count > 0) return { name, result: 'ok', detail: `${count} seen lately` };
  return {
    name,
    result,
    detail: 'none seen lately',
    hint: 'Start a worker: `npm start`, or node dist/worker/main.js.',
  };
}
