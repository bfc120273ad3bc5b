import type { FastifyReply, FastifyRequest } from 'fastify';
import { CarillonError } from '../../core/errors.js';
import type { BucketLimit, RateBucketStore } from '../../store/store.js';
import type { Caller } from '../access/caller.js';
import { addressGroup } from './address-group.js';
import { callerKey } from './caller-key.js';
import { Recent } from './recent.js';
import { type LimitVerdict, SharedLimiter } from './shared-limiter.js';
import { TokenBucket } from './token-bucket.js';

/** What callers may ask for; 0: no limit, undefined: the usual one. */
export interface RateLimitSettings {
  /** Calls per second of one caller, over all processes. A burst may be twice as much. */
  perCaller?: number;
  /** Calls per second from one address, to one process. A burst may be twice as much. */
  perAddress?: number;
  /** Requests per minute from one address whose credentials are not good, over all processes. */
  failures?: number;
}

/** While callers are told apart. */
export const usualLimits: Required<RateLimitSettings> = { perCaller: 100, perAddress: 200, failures: 20 };
/** While nobody is asked who they are: whoever reaches the API is trusted. */
export const noLimits: Required<RateLimitSettings> = { perCaller: 0, perAddress: 0, failures: 0 };

/** Addresses a process knows. */
const capacity = 10_000;

export interface RateLimitsOptions {
  settings: Required<RateLimitSettings>;
  store: Pick<RateBucketStore, 'lease'>;
  now: () => number;
}

/** Refuses callers and addresses that ask too much, before their requests are read. */
export class RateLimits {
  readonly #now: () => number;
  readonly #callers: { limiter: SharedLimiter; limit: BucketLimit } | undefined;
  readonly #failures: SharedLimiter | undefined;
  readonly #addressLimit: BucketLimit | undefined;
  readonly #addresses = new Recent<TokenBucket>(capacity);

  constructor({ settings, store, now }: RateLimitsOptions) {
    const { perCaller, perAddress, failures } = settings;
    this.#now = now;
    const limit = limitOf(perCaller);
    this.#callers = limit && { limit, limiter: new SharedLimiter({ limit, store, name: 'caller', now }) };
    const failing = failures > 0 ? { rate: failures / 60, burst: failures } : undefined;
    this.#failures = failing && new SharedLimiter({ limit: failing, store, name: 'failures', now });
    this.#addressLimit = limitOf(perAddress);
  }

  /**
   * Whether the address may ask at all.
   * @throws CarillonError RATE_LIMITED
   */
  checkAddress(request: FastifyRequest, reply: FastifyReply): void {
    const limit = this.#addressLimit;
    if (!limit) return;
    const address = addressGroup(request.ip);
    const now = this.#now();
    const bucket = this.#addresses.of(address, () => new TokenBucket(limit, now));
    const price = Math.min(callsOf(request), limit.burst);
    if (bucket.take(price, now)) return;
    throw refused(reply, bucket.waitFor(price, now), `Expected at most ${limit.rate} calls per second of one address.`);
  }

  /**
   * Passes on who asks; counts it against the address when the credentials are not good. Good ones are never refused for
   * what others behind the same address have tried.
   * @throws CarillonError RATE_LIMITED in place of UNAUTHENTICATED, once there were too many
   */
  async watch(request: FastifyRequest, reply: FastifyReply, asking: Promise<Caller>): Promise<Caller> {
    try {
      return await asking;
    } catch (error) {
      if (!(error instanceof CarillonError) || error.code !== 'UNAUTHENTICATED' || !this.#failures) throw error;
      const address = addressGroup(request.ip);
      const closedMs = this.#failures.closedFor(address);
      if (closedMs > 0) {
        throw refused(reply, closedMs, 'Expected fewer requests with credentials that are not good from this address.');
      }
      await this.#failures.take(address);
      throw error;
    }
  }

  /**
   * Whether the caller may go on. Tells them in `RateLimit` how much is left.
   * @throws CarillonError RATE_LIMITED
   */
  async checkCaller(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { caller } = request;
    if (!this.#callers || caller.kind === 'nobody') return;
    const { limiter, limit } = this.#callers;
    const verdict = await limiter.take(callerKey(request), callsOf(request));
    tell(reply, limit, verdict);
    if (verdict.admitted) return;
    throw refused(reply, verdict.retryAfterMs, `Expected at most ${limit.rate} calls per second of one caller.`);
  }
}

function limitOf(rate: number): BucketLimit | undefined {
  return rate > 0 ? { rate, burst: Math.max(1, 2 * rate) } : undefined;
}

/** Calls of a request: a batch is as many as it holds. */
function callsOf({ url }: FastifyRequest): number {
  if (!url.startsWith('/trpc/')) return 1;
  const path = url.split('?', 1)[0] as string;
  return path.split(/,|%2c/i).length;
}

/** As draft-ietf-httpapi-ratelimit-headers has it: the quota of a window, what is left, and seconds until it is whole. */
function tell(reply: FastifyReply, { rate, burst }: BucketLimit, { left }: LimitVerdict): void {
  const quota = Math.floor(burst);
  reply.header('ratelimit-policy', `"caller";q=${quota};w=${Math.ceil(burst / rate)}`);
  reply.header('ratelimit', `"caller";r=${Math.min(left, quota)};t=${Math.ceil(Math.max(0, quota - left) / rate)}`);
}

function refused(reply: FastifyReply, waitMs: number, message: string): CarillonError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  reply.header('retry-after', String(seconds));
  return new CarillonError('RATE_LIMITED', message, {
    hint: `Wait ${seconds} s, and ask for less: \`RateLimit\` in each answer says how much is left.`,
  });
}
