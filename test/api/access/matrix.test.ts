import { expect, it } from 'vitest';
import { createRouter, type ProcedurePath } from '../../../src/api/router.js';
import { type Right, roleRights, roles } from '../../../src/core/access.js';
import { startApiOnly } from '../api-only.js';
import { headersOf, TestCallers } from '../callers.js';
import { type Asker, asks, expected, may, type Outcome, type Target } from './expectations.js';
import { backfillOf, placeJob, runOf } from './tenant.js';

const procedures = createRouter()._def.procedures as unknown as Record<ProcedurePath, { _def: { type: string } }>;
const paths = Object.keys(procedures) as ProcedurePath[];
const jobs: Record<Target, string | undefined> = {
  own: 'mine',
  other: 'theirs',
  absent: 'nothing',
  unnamed: undefined,
};
const aimed = ['job', 'new', 'jobOf', 'run', 'backfill'];

/** An input that gets as far as the schema, which refuses it: so the guard is all that a call goes through. */
function inputOf(path: ProcedurePath, project: string, target: Target): object {
  const job = jobs[target];
  const refused = { nonsense: true, ...(asks[path].by !== 'instance' && { project }) };
  if (job === undefined) return refused;
  switch (asks[path].by) {
    case 'job':
    case 'new':
      return { ...refused, id: job };
    case 'jobOf':
      return { ...refused, jobId: job };
    case 'run':
      return { ...refused, runId: runOf(job) };
    case 'backfill':
      return { ...refused, id: backfillOf(job) };
    default:
      return refused;
  }
}

function askers(project: string): Asker[] {
  const limits: Right[][] = [['jobs:read'], ['jobs:write', 'jobs:operate'], ['payloads:read', 'instance:manage']];
  const full = (['owner', 'developer'] as const).map((role) => ({ project, role, payloads: true }));
  return [
    { name: 'nobody' },
    ...roles.flatMap((role) => [
      { name: role, grant: { project, role, payloads: false } },
      { name: `${role}-payloads`, grant: { project, role, payloads: true } },
    ]),
    ...full.flatMap((grant) => limits.map((scopes) => ({ name: `${grant.role}-${scopes.join('+')}`, grant, scopes }))),
    { name: 'instance-owner', grant: { project: '*', role: 'owner', payloads: false } },
    { name: 'instance-viewer', grant: { project: '*', role: 'viewer', payloads: false } },
    { name: 'outsider', grant: { project: `${project}-next`, role: 'owner', payloads: true } },
  ];
}

interface Cell {
  path: ProcedurePath;
  target: Target;
}

/** The outcomes of calls, made in batches: each of them is judged by itself. */
async function outcomes(url: string, project: string, asker: string | undefined, cells: Cell[]): Promise<string[]> {
  const headers = { ...headersOf(asker), 'content-type': 'application/json' };
  const names = cells.map(({ path }) => path).join(',');
  const inputs = cells.map(({ path, target }) => inputOf(path, project, target));
  const body = JSON.stringify({ ...inputs });
  const response = await fetch(`${url}/trpc/${names}?batch=1`, { method: 'POST', headers, body });
  const answers = (await response.json()) as { error?: { data: { carillon: { code: string } } } }[];
  return answers.map((answer) => answer.error?.data.carillon.code ?? 'answered');
}

async function followed(url: string, project: string, asker: string | undefined, { path, target }: Cell) {
  const input = encodeURIComponent(JSON.stringify(inputOf(path, project, target)));
  const response = await fetch(`${url}/trpc/${path}?input=${input}`, { headers: headersOf(asker) });
  // The stream begins before the procedure is asked, and tells the error as its first event.
  return /"carillon":\{"code":"(\w+)"/.exec(await response.text())?.[1] ?? 'answered';
}

function outcomeOf(code: string): Outcome | string {
  return code === 'INPUT_INVALID' ? 'allowed' : code;
}

it('judges every procedure, for every role, scope and owner, as the table says', async () => {
  expect(Object.keys(asks).sort()).toEqual([...paths].sort());
  const callers = new TestCallers();
  const { url, project, store } = await startApiOnly({
    authenticators: [callers],
    patienceMs: 20_000,
    storeTimeoutMs: 20_000,
  });
  await placeJob(store, project, 'mine', 'team-sales');
  await placeJob(store, project, 'theirs', 'team-billing');
  const cellsOf = ({ grant }: Asker) =>
    paths.flatMap((path): Cell[] => {
      // To who may act on all jobs or on none, it is all one whose job it is, and whether there is one.
      const targets: Target[] = grant?.role === 'developer' ? ['own', 'other', 'absent', 'unnamed'] : ['other'];
      return (aimed.includes(asks[path].by) ? targets : ['unnamed' as const]).map((target) => ({ path, target }));
    });
  const kindOf = ({ path }: Cell) => procedures[path]._def.type;

  const wrong: string[] = [];
  for (const asker of askers(project)) {
    const { name, grant, scopes } = asker;
    const known = grant ? callers.add(name, { grants: [grant], scopes, owns: [name, 'team-sales'] }) : undefined;
    const check = (cell: Cell, code: string) => {
      const want = expected(asker, cell.path, project, cell.target);
      if (outcomeOf(code) !== want) wrong.push(`${name} ${cell.path} ${cell.target}: ${code}, not ${want}`);
    };
    const everyCell = cellsOf(asker);
    for (const kind of ['query', 'mutation']) {
      const cells = everyCell.filter((cell) => kindOf(cell) === kind);
      for (let at = 0; at < cells.length; at += 20) {
        const part = cells.slice(at, at + 20);
        const codes = await outcomes(url, project, known, part);
        part.forEach((cell, index) => {
          check(cell, codes[index] as string);
        });
      }
    }
    for (const cell of everyCell.filter((one) => kindOf(one) === 'subscription'))
      check(cell, await followed(url, project, known, cell));
  }
  expect(wrong).toEqual([]);
});

it('knows the rights of each role as the table has them', () => {
  for (const role of roles) {
    const words = Object.entries(roleRights[role]).map(([right, reach]) => (reach === 'own' ? `own:${right}` : right));
    expect(words.sort()).toEqual(may[role].split(' ').sort());
  }
});
