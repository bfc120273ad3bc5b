import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What a probe tells of one attempt. Times are milliseconds since the epoch, by the clock of the worker's process. */
export interface Report {
  kind: 'start' | 'end';
  runId: string;
  jobId: string;
  attempt: number;
  scheduledAt: number;
  at: number;
  /** Process in which the attempt is made. */
  pid: number;
  /** Of the address that was called. */
  path: string;
}

/** Hears from every attempt of every probe, in whichever process it is made, and can make attempts last. */
export class Collector {
  readonly reports: Report[] = [];
  readonly #news = new EventEmitter().setMaxListeners(0);
  /** How many attempts are still to be held, by job. */
  readonly #holding = new Map<string, number>();
  readonly #held = new Map<string, ServerResponse[]>();
  readonly #server = createServer((request, response) => void this.#hear(request, response));

  /** Opens one on a loopback port of its own; it ends with the test. */
  static async open(): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    onTestFinished(() => {
      collector.#server.closeAllConnections();
      collector.#server.close();
    });
    return collector;
  }

  /** Address that probes report to. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Attempts of this job that start from now on, all or the first so many, last until they are let go. */
  hold(jobId: string, attempts = Number.POSITIVE_INFINITY): void {
    this.#holding.set(jobId, attempts);
  }

  /** Lets go what is held of this job, and holds nothing more of it. */
  release(jobId: string): void {
    this.#holding.delete(jobId);
    for (const response of this.#held.get(jobId) ?? []) response.end();
    this.#held.delete(jobId);
  }

  starts(): Report[] {
    return this.reports.filter(({ kind }) => kind === 'start');
  }

  /** Resolves with the first report that fits, past or to come. The bound is for a broken test. */
  until(what: string, fits: (report: Report) => boolean, boundMs = 40_000): Promise<Report> {
    return this.untilAll(what, (reports) => reports.find(fits), boundMs);
  }

  /** Resolves with what `read` finds in all reports, as soon as it finds something. */
  async untilAll<Value>(
    what: string,
    read: (reports: Report[]) => Value | undefined | false,
    boundMs = 40_000,
  ): Promise<Value> {
    const bound = AbortSignal.timeout(boundMs);
    for (;;) {
      const found = read(this.reports);
      if (found) return found;
      await once(this.#news, 'report', { signal: bound }).catch((cause) => {
        throw new Error(`Waited ${boundMs} ms in vain until ${what}.`, { cause });
      });
    }
  }

  /** Resolves once each of these jobs has started a run that was due at `time` or later. */
  async untilEachStarted(jobIds: string[], time: number, boundMs?: number): Promise<void> {
    for (const id of jobIds) {
      const due = `${id} starts a run due after ${new Date(time).toISOString()}`;
      await this.until(due, ({ jobId, scheduledAt }) => jobId === id && scheduledAt >= time, boundMs);
    }
  }

  async #hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = request.headers['idempotency-key'];
    const told =
      key === undefined ? (JSON.parse(await text(request)) as Omit<Report, 'path'>) : fromHttpTask(String(key));
    const report = { ...told, path: request.url as string };
    this.reports.push(report);
    this.#news.emit('report');
    const left = report.kind === 'start' ? (this.#holding.get(report.jobId) ?? 0) : 0;
    if (left > 0) {
      this.#holding.set(report.jobId, left - 1);
      this.#held.set(report.jobId, [...(this.#held.get(report.jobId) ?? []), response]);
    } else response.end();
  }
}

/** Of a call by the `http` task only the key is known. */
function fromHttpTask(runId: string): Omit<Report, 'path'> {
  const [jobId = '', time = ''] = runId.split('@');
  return { kind: 'start', runId, jobId, attempt: 0, scheduledAt: Date.parse(time), at: Date.now(), pid: 0 };
}

/** A busy machine may be late once; what we do wrong is late each time. For tests that bound {@link lateness}. */
export const lateRetries = 2;

/** How late each run started that was due in the window, in ms: its first attempt against its nominal time. */
export function lateness(reports: Report[], from: number, to: number): { runId: string; lateMs: number }[] {
  return reports
    .filter(({ kind, attempt }) => kind === 'start' && attempt <= 1)
    .filter(({ scheduledAt }) => scheduledAt >= from && scheduledAt < to)
    .filter((report, index, all) => all.findIndex(({ runId }) => runId === report.runId) === index)
    .map(({ runId, at, scheduledAt }) => ({ runId, lateMs: at - scheduledAt }))
    .sort((a, b) => b.lateMs - a.lateMs);
}
