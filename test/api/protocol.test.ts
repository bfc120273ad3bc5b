import { describe, expect, it, test } from 'vitest';
import { createApiServer } from '../../src/api/http/server.js';
import { Gateway } from '../../src/api/temporal/gateway.js';
import { deadTemporal, refusal, startApiOnly } from './api-only.js';

interface Answer {
  status: number;
  id: string | null;
  carillon: { code: string; requestId?: string; field?: string };
  text: string;
}

async function post(url: string, body: string, type = 'application/json'): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  const text = await response.text();
  const shape = JSON.parse(text);
  // Off tRPC's paths the answer is a problem as RFC 9457 has it.
  const carillon = 'detail' in shape ? shape : (Array.isArray(shape) ? shape[0] : shape).error.data.carillon;
  return { status: response.status, id: response.headers.get('x-request-id'), carillon, text };
}

test('regression: a gateway that is closed lets a call that is being retried end first', async () => {
  const gateway = new Gateway({ address: deadTemporal, namespace: 'default', taskQueue: 'none', now: Date.now });
  let ended = false;
  void gateway.ping().catch(() => {
    ended = true;
  });
  await gateway.close();
  expect(ended).toBe(true);
});

describe('the protocol', () => {
  it('answers every malformed request with a code, a status and the id of the request', async () => {
    const api = await startApiOnly();
    const create = `${api.url}/trpc/jobs.create`;
    const batch = `${api.url}/trpc/${Array(21).fill('jobs.create').join(',')}?batch=1`;
    const answers = [
      [await post(create, '{oops'), 400, 'INPUT_INVALID'],
      [await post(create, '<a/>', 'text/xml'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
      [await post(create, `{"a":"${'x'.repeat(1_100_000)}"}`), 413, 'PAYLOAD_TOO_LARGE'],
      [await post(batch, '{}'), 400, 'INPUT_INVALID'],
      [await post(`${api.url}/trpc/jobs.nope`, '{}'), 404, 'PROCEDURE_NOT_FOUND'],
      [await post(`${api.url}/nowhere`, '{}'), 404, 'PROCEDURE_NOT_FOUND'],
      [await post(create, '[]'), 400, 'INPUT_INVALID'],
      [await post(create, 'null'), 400, 'INPUT_INVALID'],
    ] as const;
    for (const [answer, status, code] of answers) {
      expect({ status: answer.status, code: answer.carillon.code }).toEqual({ status, code });
      expect(answer.id).toMatch(/^[a-z2-7]{12}$/);
      expect(answer.text).not.toContain('node_modules');
    }
  });

  it('answers a page cursor of another query with CURSOR_INVALID', async () => {
    const api = await startApiOnly();
    const { client, project } = api;
    for (const id of ['a', 'b', 'c'])
      await client.jobs.create.mutate({ project, id, task: 'log', schedule: { every: '1h' }, input: { message: id } });
    const first = await client.jobs.list.query({ project, limit: 2 });
    const second = await client.jobs.list.query({ project, limit: 2, cursor: first.nextCursor as string });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(['c', 'b', 'a']);
    expect(second.nextCursor).toBeNull();
    const foreign = client.jobs.list.query({ project, task: 'http', cursor: first.nextCursor as string });
    expect((await refusal(foreign)).code).toBe('CURSOR_INVALID');
    expect((await refusal(client.runs.list.query({ project, cursor: first.nextCursor as string }))).code).toBe(
      'CURSOR_INVALID',
    );
  });

  it('listens on loopback addresses alone, and says when its port is taken', async () => {
    const api = await startApiOnly();
    const { port } = new URL(api.url);
    const start = (host: string, on = 0) =>
      createApiServer({
        ...{
          store: api.store,
          gateway: api.gateway,
          registry: {} as never,
          host,
          port: on,
          version: '',
          now: Date.now,
          log: () => {},
        },
        consoles: { temporalAddress: deadTemporal, namespace: 'default' },
      });
    await expect(start('0.0.0.0')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { field: 'CARILLON_AUTH' },
    });
    await expect(start('127.0.0.1', Number(port))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { field: 'CARILLON_API_PORT' },
    });
  });
});

describe('schedules.preview', () => {
  it('says a schedule in words, and its times in the zone asked for', async () => {
    const api = await startApiOnly();
    const preview = await api.client.schedules.preview.query({
      schedule: { cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin' },
      from: '2026-11-20T12:00:00+01:00',
      count: 1,
      timezone: 'America/New_York',
    });
    expect(preview).toMatchObject({
      words: 'at 09:00, Monday through Friday, Europe/Berlin',
      times: ['2026-11-23T08:00:00Z'],
      local: ['2026-11-23T03:00:00-05:00'],
      timezone: 'America/New_York',
    });
  });
});

describe('system.health', () => {
  it('is degraded without workers, and tells which part does not answer', async () => {
    const api = await startApiOnly();
    expect(await api.client.system.health.query()).toMatchObject({
      status: 'degraded',
      version: '1.2.3',
      temporal: { ok: true },
      store: { ok: true },
      workers: { scheduler: 0, heavy: 0 },
    });
    const lame = await startApiOnly({ temporalAddress: deadTemporal });
    const health = await lame.client.system.health.query();
    expect(health).toMatchObject({ status: 'degraded', temporal: { ok: false }, store: { ok: true } });
    expect(health.temporal.error).toContain(deadTemporal);
  });
});
