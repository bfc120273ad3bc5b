import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { useRig } from '../rig/rig.js';
import { startApiOnly } from './api-only.js';
import { send } from './rest-client.js';

const definition = { task: 'log', input: { message: 'saving' }, schedule: { cron: '0 3 * * *' } };

describe('REST', () => {
  it('creates, reads, lists and pages jobs', async () => {
    const { url, project } = await startApiOnly();
    const created = await send(url, 'POST /v1/jobs', {
      body: { ...definition, project, id: 'a', labels: { team: 'x', 'a.b': 'c,d' } },
    });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/v1/jobs/a?project=${project}`);
    expect(created.headers.get('etag')).toBe('"1"');
    const read = await send(url, `GET ${created.headers.get('location')}`);
    expect(read).toMatchObject({ status: 200, body: { id: 'a', project, definition: { labels: { 'a.b': 'c,d' } } } });
    expect(read.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(read.headers.get('etag')).toBe('"1"');
    const head = await send(url, `HEAD /v1/jobs/a?project=${project}`);
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(read.text)));

    const put = await send(url, `PUT /v1/jobs/b?project=${project}`, { body: { ...definition, priority: 2 } });
    expect(put).toMatchObject({ status: 201, body: { action: 'created' } });
    expect(put.headers.get('location')).toBe(`/v1/jobs/b?project=${project}`);
    const again = await send(url, `PUT /v1/jobs/b?project=${project}`, {
      body: { ...definition, priority: 2, id: 'b' },
    });
    expect(again).toMatchObject({ status: 200, body: { action: 'unchanged' } });

    const idsOf = async (query: string) =>
      (await send(url, `GET /v1/jobs?project=${project}&${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await idsOf('labels[team]=x')).toEqual(['a']);
    expect(await idsOf('labels%5Ba.b%5D=c,d')).toEqual(['a']);
    expect(await idsOf('labels[team]=x&labels[a.b]=no')).toEqual([]);
    expect(await idsOf('priority=2')).toEqual(['b']);
    expect(await idsOf('state=scheduled&state=paused')).toEqual(['b', 'a']);
    expect(await idsOf('state=completed,paused')).toEqual([]);

    const first = await send(url, `GET /v1/jobs?project=${project}&limit=1`);
    const [, next] = /^<(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
    const second = await send(url, `GET ${next}`);
    expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual(['b', 'a']);
    expect(second.body.nextCursor).toBeNull();
    expect(second.headers.get('link')).toBeNull();
  });

  it('refuses what is malformed as a problem, naming each field', async () => {
    const { url, project } = await startApiOnly();
    const cases: [
      line: string,
      options: Parameters<typeof send>[2],
      status: number,
      code: string,
      pointers: string[],
    ][] = [
      ['GET /v1/nowhere', {}, 404, 'PROCEDURE_NOT_FOUND', ['#/path']],
      ['GET /v1/jobs/%zz', {}, 400, 'INPUT_INVALID', []],
      [`GET /v1/jobs/none?project=${project}`, {}, 404, 'JOB_NOT_FOUND', ['#/id']],
      ['GET /v1/jobs?limit=0', {}, 400, 'INPUT_INVALID', ['#/limit']],
      ['GET /v1/jobs?limit=1e1', {}, 400, 'INPUT_INVALID', ['#/limit']],
      ['GET /v1/jobs?limit=1&limit=2', {}, 400, 'INPUT_INVALID', ['#/limit']],
      ['GET /v1/jobs?nope=1&__proto__=2', {}, 400, 'INPUT_INVALID', ['#/nope', '#/__proto__']],
      ['GET /v1/jobs?labels=x', {}, 400, 'INPUT_INVALID', ['#/labels']],
      ['GET /v1/jobs?labels[__proto__]=x', {}, 400, 'INPUT_INVALID', ['#/labels/__proto__']],
      ['GET /v1/jobs?state=nope', {}, 400, 'INPUT_INVALID', ['#/state/0']],
      ['GET /v1/jobs/x/versions/one', {}, 400, 'INPUT_INVALID', ['#/version']],
      ['POST /v1/jobs', { body: '{oops' }, 400, 'INPUT_INVALID', []],
      ['POST /v1/jobs', { body: '{"__proto__":{"task":"log"}}' }, 400, 'INPUT_INVALID', []],
      ['POST /v1/jobs', { body: '[]' }, 400, 'INPUT_INVALID', ['#']],
      ['POST /v1/jobs', { body: 'null' }, 400, 'INPUT_INVALID', ['#']],
      [
        'POST /v1/jobs',
        { body: '<a/>', headers: { 'content-type': 'text/xml' } },
        415,
        'MEDIA_TYPE_UNSUPPORTED',
        ['#/Content-Type'],
      ],
      [
        'POST /v1/jobs',
        { body: 'a', headers: { 'content-type': 'text/plain' } },
        415,
        'MEDIA_TYPE_UNSUPPORTED',
        ['#/Content-Type'],
      ],
      [
        'POST /v1/jobs',
        { body: '{}', headers: { 'content-type': 'application/merge-patch+json' } },
        415,
        'MEDIA_TYPE_UNSUPPORTED',
        ['#/Content-Type'],
      ],
      [
        'POST /v1/jobs',
        { body: { ...definition, labels: { 'a.b/~c': 5 }, nope: 1 } },
        400,
        'INPUT_INVALID',
        ['#/labels/a.b~1~0c', '#/nope'],
      ],
      [
        'POST /v1/jobs',
        { body: { ...definition, schedule: { union: [{ cron: '0 3 * * *' }, { at: 5 }] } } },
        400,
        'INPUT_INVALID',
        ['#/schedule/union/1/at'],
      ],
      ['PUT /v1/jobs/a', { body: { ...definition, id: 'b' } }, 400, 'INPUT_INVALID', ['#/id']],
      ['POST /v1/jobs/x/pause?note=y', {}, 400, 'INPUT_INVALID', ['#/note']],
      ['PUT /v1/calendars/x', { body: { rules: [], ical: '' } }, 400, 'INPUT_INVALID', ['#/rules']],
      ['POST /v1/jobs', { body: `{"a":"${'x'.repeat(1_100_000)}"}` }, 413, 'PAYLOAD_TOO_LARGE', []],
      [
        'POST /v1/jobs',
        { body: `{"task":"log","input":${'['.repeat(50_000)}${']'.repeat(50_000)}}` },
        400,
        'INPUT_INVALID',
        [],
      ],
    ];
    for (const [line, options, status, code, pointers] of cases) {
      const { headers, problem, ...answer } = await send(url, line, options);
      const got = {
        line,
        status: answer.status,
        code: problem.code,
        pointers: (problem.errors ?? []).map(({ pointer }) => pointer),
      };
      expect(got).toEqual({ line, status, code, pointers });
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(headers.get('x-request-id')).toBe(problem.requestId);
      expect(problem).toMatchObject({ type: `/docs/errors#${code}`, status });
    }
    for (const method of ['TRACE', 'QUERY']) {
      // fetch refuses to send TRACE itself.
      const status = await new Promise((resolve) => {
        request(`${url}/v1/jobs`, { method }, (response) => resolve(response.resume().statusCode)).end();
      });
      expect({ method, status }).toEqual({ method, status: 405 });
    }
    const wrong = await send(url, 'DELETE /v1/jobs');
    expect(wrong).toMatchObject({ status: 405, problem: { code: 'METHOD_NOT_ALLOWED' } });
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
    const options = await send(url, 'OPTIONS /v1/jobs/a');
    expect({ status: options.status, allow: options.headers.get('allow') }).toMatchObject({ status: 204 });
    expect(options.headers.get('allow')).toContain('PATCH, PUT');
  });

  it('regression: a version that no integer of the database holds is refused, and is no server error', async () => {
    const { url, project } = await startApiOnly();
    await send(url, 'POST /v1/jobs', { body: { ...definition, project, id: 'a' } });
    const version = 2 ** 31;
    const answers = [
      await send(url, `GET /v1/jobs/a/versions/${version}?project=${project}`),
      await send(url, `POST /v1/jobs/a/rollback?project=${project}`, { body: { version } }),
      await send(url, `PUT /v1/calendars/x?project=${project}`, { body: { rules: [], ifRevision: version } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    const headers = { 'if-match': `"${version}"` };
    expect((await send(url, `PUT /v1/jobs/a?project=${project}`, { body: definition, headers })).status).toBe(412);
  });

  it('keeps conditions: changes only what was seen', async () => {
    const { url, project, client } = await startApiOnly();
    const at = `/v1/calendars/holidays?project=${project}`;
    const rules = [{ date: '2026-12-25' }];
    const put = (headers: Record<string, string>, body: unknown = { rules }) =>
      send(url, `PUT ${at}`, { body, headers });
    expect((await put({ 'if-match': '*' })).problem.code).toBe('PRECONDITION_FAILED');
    const created = await put({ 'if-none-match': '*' });
    expect([created.status, created.headers.get('etag')]).toEqual([201, '"1"']);
    expect((await put({ 'if-none-match': '*' })).status).toBe(412);
    expect((await put({ 'if-match': '"2"' })).status).toBe(412);
    expect((await put({ 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await put({ 'if-match': '1' })).problem).toMatchObject({ status: 400, code: 'INPUT_INVALID' });
    expect((await put({ 'if-match': '"1"' }, { rules, ifRevision: 7 })).status).toBe(400);
    const changed = await put({ 'if-match': '"7", "1"' }, { rules, description: 'x' });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    expect((await put({ 'if-match': '*' })).headers.get('etag')).toBe('"3"');
    expect((await send(url, `DELETE ${at}`, { headers: { 'if-match': '"2"' } })).status).toBe(412);
    expect((await send(url, `GET ${at}`, { headers: { 'if-none-match': '"3"' } })).status).toBe(200);
    expect(await send(url, `DELETE ${at}`, { headers: { 'if-match': '"3"' } })).toMatchObject({
      status: 204,
      text: '',
    });
    expect((await send(url, `DELETE ${at}`, { headers: { 'if-match': '"3"' } })).status).toBe(404);

    const job = `/v1/jobs/a?project=${project}`;
    const putJob = (headers: Record<string, string>) => send(url, `PUT ${job}`, { body: definition, headers });
    expect((await putJob({ 'if-match': '"1"' })).status).toBe(412);
    expect((await putJob({ 'if-none-match': '*' })).status).toBe(201);
    expect((await putJob({ 'if-none-match': '*' })).status).toBe(412);
    expect((await putJob({ 'if-match': '"2"' })).status).toBe(412);
    expect((await putJob({ 'if-match': '"1"' })).status).toBe(200);
    const paused = send(url, `POST /v1/jobs/a/pause?project=${project}`, { headers: { 'if-match': '"1"' } });
    expect((await paused).problem).toMatchObject({ code: 'INPUT_INVALID', errors: [{ pointer: '#/If-Match' }] });
    expect((await client.jobs.get.query({ project, id: 'a' })).definitionVersion).toBe(1);

    const versions = await send(url, `GET /v1/jobs/a/versions?project=${project}`);
    const unchanged = await send(url, `GET /v1/jobs/a/versions?project=${project}`, {
      headers: { 'if-none-match': `"x", W/${versions.headers.get('etag')}` },
    });
    expect(unchanged).toMatchObject({ status: 304, text: '' });
  });

  it('patches a definition, and refuses a patch of another version', async () => {
    const { url, project } = await useRig();
    const job = `/v1/jobs/a?project=${project}`;
    await send(url, `PUT ${job}`, {
      body: { ...definition, owner: 'me', labels: { a: '1', b: '2' }, retry: { maximumAttempts: 5 } },
    });
    const patch = {
      owner: null,
      labels: { b: null, c: '3' },
      description: 'x',
      schedule: { timezone: 'Europe/Berlin' },
    };
    const patched = await send(url, `PATCH ${job}`, {
      body: patch,
      headers: { 'content-type': 'application/merge-patch+json', 'if-match': '"1"' },
    });
    expect([patched.status, patched.headers.get('etag')]).toEqual([200, '"2"']);
    const source = await send(url, `GET /v1/jobs/a/source?project=${project}`);
    expect(source.body.definition).toEqual({
      ...definition,
      schedule: { cron: '0 3 * * *', timezone: 'Europe/Berlin' },
      labels: { a: '1', c: '3' },
      description: 'x',
      retry: { maximumAttempts: 5 },
    });
    const late = await send(url, `PATCH ${job}`, { body: { priority: 1 }, headers: { 'if-match': '"1"' } });
    expect(late.problem.code).toBe('PRECONDITION_FAILED');
    const ahead = await send(url, `PATCH ${job}&ifVersion=9`, { body: { priority: 1 } });
    expect(ahead.problem.code).toBe('JOB_CHANGED');
    const wrong = await send(url, `PATCH ${job}`, { body: { priority: 9, retry: { nope: 1 }, task: null } });
    expect(wrong.problem.errors?.map(({ pointer }) => pointer)).toEqual(['#/task', '#/priority', '#/retry/nope']);
    expect((await send(url, `PATCH ${job}`, { body: [] })).problem.errors?.[0]?.pointer).toBe('#/patch');
    const atOnce = [1, 2, 4].map((priority) =>
      send(url, `PATCH ${job}`, { body: { labels: { [`p${priority}`]: 'x' }, priority } }),
    );
    expect((await Promise.all(atOnce)).map(({ status }) => status)).toEqual([200, 200, 200]);
    const { body } = await send(url, `GET ${job}`);
    expect(body.definition.labels).toEqual({ a: '1', c: '3', p1: 'x', p2: 'x', p4: 'x' });

    const triggered = await send(url, `POST /v1/jobs/a/trigger?project=${project}`, { body: { key: 'now:1' } });
    expect(triggered.status).toBe(202);
    expect(triggered.headers.get('location')).toBe(`/v1/runs/a%40key%3Anow%3A1?project=${project}`);
  });

  it('continues the trace of a traceparent, or begins one', async () => {
    const { url } = await startApiOnly();
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const of = async (traceparent: string, path = '/v1/health') =>
      (await send(url, `GET ${path}`, { headers: { traceparent } })).headers.get('traceparent') ?? '';
    const span = new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`);
    expect(await of(`00-${trace}-b7ad6b7169203331-01`)).toMatch(span);
    expect(await of(`00-${trace}-b7ad6b7169203331-01`, '/trpc/system.health')).toMatch(span);
    expect(await of(`cc-${trace}-b7ad6b7169203331-01-more`)).toMatch(span);
    for (const bad of [
      '',
      'x',
      `ff-${trace}-b7ad6b7169203331-01`,
      `00-${trace}-b7ad6b7169203331-01-more`,
      `00-${trace}-0000000000000000-01`,
      `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    ]) {
      expect(await of(bad)).toMatch(/^00-(?!0af7)[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    }
  });
});
