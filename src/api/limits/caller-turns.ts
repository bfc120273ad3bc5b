import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerKey } from './caller-key.js';

/** Requests of one caller that are worked at together while nobody else asks. */
const alone = 32;
/** Of each caller while several ask, */
const besideOthers = 2;
/** and of one who asks for more than it may. */
const overLimit = 1;
/** How long a caller counts as one who asks, in milliseconds. */
const recentMs = 1000;

declare module 'fastify' {
  interface FastifyRequest {
    /** Gives the turn of this request to the caller's next one. */
    endTurn?: () => void;
  }
}

interface Line {
  running: number;
  waiting: (() => void)[];
  lastAt: number;
  /** When it last asked for more than it may. */
  overAt: number;
}

/**
 * How many requests of a caller a process works at together: many while the caller is alone, few as soon as others ask. So
 * a burst waits for itself, and others find the process free.
 */
export class CallerTurns {
  readonly #lines = new Map<string, Line>();

  /** @param now milliseconds that never go back */
  constructor(private readonly now: () => number) {}

  /** Resolves when it is the caller's turn. @returns what ends the turn; a second call does nothing */
  async take(caller: string): Promise<() => void> {
    const line = this.#lineOf(caller);
    line.lastAt = this.now();
    if (line.running < mostOf(line, this.#share())) line.running += 1;
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      line.running -= 1;
      this.#go();
    };
  }

  /** A caller was refused for asking too much. */
  refused(caller: string): void {
    const line = this.#lines.get(caller);
    if (line) line.overAt = this.now();
  }

  #lineOf(caller: string): Line {
    const known = this.#lines.get(caller) ?? {
      running: 0,
      waiting: [],
      lastAt: 0,
      overAt: Number.NEGATIVE_INFINITY,
    };
    this.#lines.set(caller, known);
    return known;
  }

  /** What each may have at the moment. */
  #share(): Share {
    const since = this.now() - recentMs;
    let asking = 0;
    for (const [caller, line] of this.#lines) {
      if (line.running > 0 || line.waiting.length > 0 || line.lastAt > since) asking += 1;
      else this.#lines.delete(caller);
    }
    return { most: asking <= 1 ? alone : besideOthers, since };
  }

  /** Whoever may go on does: not only the line in which a turn has ended, as others may have left. */
  #go(): void {
    const share = this.#share();
    for (const line of this.#lines.values()) {
      const most = mostOf(line, share);
      while (line.running < most && line.waiting.length > 0) {
        line.running += 1;
        line.waiting.shift()?.();
      }
    }
  }
}

interface Share {
  most: number;
  since: number;
}

function mostOf({ overAt }: Line, { most, since }: Share): number {
  return most === besideOthers && overAt > since ? overLimit : most;
}

/** Takes turns for every request of somebody known; a stream has had its turn when it begins. */
export function addTurns(app: FastifyInstance, turns: CallerTurns): void {
  app.decorateRequest('endTurn');
  app.addHook('onRequest', async (request) => {
    if (request.caller.kind !== 'nobody') request.endTurn = await turns.take(callerKey(request));
  });
  app.addHook('onError', async (request, _reply, error) => {
    if (error.code === 'RATE_LIMITED' && request.caller.kind !== 'nobody') turns.refused(callerKey(request));
  });
  app.addHook('onSend', async (request, _reply, payload) => {
    request.endTurn?.();
    return payload;
  });
  // What was broken off is never sent.
  const end = async (request: FastifyRequest) => request.endTurn?.();
  app.addHook('onResponse', end);
  app.addHook('onRequestAbort', end);
}
