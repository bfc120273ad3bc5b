import {
  createTRPCClient,
  type HTTPLinkOptions,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
  TRPCClientError,
} from '@trpc/client';
import { CarillonError, isErrorCode } from '../../core/errors.js';
import type { CarillonConfig } from '../../core/task/config.js';
import type { AnyTask } from '../../core/task/task.js';
import type { FaultBody } from '../fault.js';
import type { AppRouter } from '../router.js';
import { EventStream } from './event-source.js';
import { patientFetch } from './patient-fetch.js';

export interface ClientOptions {
  /** Base address of the API, such as `http://127.0.0.1:7070`. */
  url: string;
  /** API key, or a token of your identity provider: sent as `Authorization: Bearer …` with every call. */
  apiKey?: string;
  headers?: Record<string, string>;
  /** Aborts every request, also one not yet sent. */
  signal?: AbortSignal;
  /** Bound of one request in milliseconds. Default 30 s. Subscriptions last as long as there is something to tell. */
  timeoutMs?: number;
}

type WireTypes = AppRouter['_def']['_config']['$types'];
type TasksOf<Config> =
  Config extends CarillonConfig<infer Tasks extends readonly AnyTask[]> ? Tasks : readonly AnyTask[];

export type CarillonClient<Config extends CarillonConfig = CarillonConfig> = TRPCClient<AppRouter<TasksOf<Config>>>;

/**
 * A typed client. With the type of your configuration it knows the input of every task:
 * `createCarillonClient<typeof config>({ url })`. Its errors become CarillonErrors by {@link toCarillonError}.
 */
export function createCarillonClient<Config extends CarillonConfig = CarillonConfig>(
  options: ClientOptions,
): CarillonClient<Config> {
  const { url, apiKey, signal, timeoutMs = 30_000 } = options;
  const headers = { ...options.headers, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) };
  const boundedFetch: NonNullable<HTTPLinkOptions<WireTypes>['fetch']> = (input, init) =>
    patientFetch(input, {
      ...(init as RequestInit),
      signal: AbortSignal.any([init?.signal, signal, AbortSignal.timeout(timeoutMs)].filter((one) => one != null)),
    });
  const shared = { url: `${url.replace(/\/$/, '')}/trpc`, headers, fetch: boundedFetch };
  const client = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'query',
        true: httpBatchLink<AppRouter>({ ...shared, maxItems: 20, maxURLLength: 8000 }),
        false: splitLink({
          condition: ({ type }) => type === 'subscription',
          true: httpSubscriptionLink<AppRouter, typeof EventStream>({
            url: shared.url,
            EventSource: EventStream,
            eventSourceOptions: { headers, signal },
          }),
          // Definitions may be large: together they would pass the bound of one request.
          false: httpLink<AppRouter>(shared),
        }),
      }),
    ],
  });
  return client as unknown as CarillonClient<Config>;
}

/** Any error of a client call as a CarillonError, with the code to branch on. */
export function toCarillonError(error: unknown): CarillonError {
  if (error instanceof CarillonError) return error;
  if (!(error instanceof TRPCClientError)) {
    return new CarillonError('INTERNAL', error instanceof Error ? error.message : String(error), {}, { cause: error });
  }
  const body = (error.data as { carillon?: FaultBody } | undefined)?.carillon;
  if (body && isErrorCode(body.code)) {
    const { code, requestId: _requestId, ...details } = body;
    return new CarillonError(code, error.message, details, { cause: error });
  }
  return new CarillonError(
    'API_UNREACHABLE',
    `Expected the API to answer, got ${reason(error)}.`,
    { field: 'url', hint: 'Start it with `npm start`, or name its address by --url or CARILLON_URL.' },
    { cause: error },
  );
}

function reason(error: Error): string {
  let deepest: Error = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest.message || ((deepest as { code?: string }).code ?? deepest.name);
}
