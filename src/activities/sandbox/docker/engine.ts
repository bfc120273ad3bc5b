import type Docker from 'dockerode';
import { CarillonError, show } from '../../../core/errors.js';

export type Engine = Docker;

const pingMs = 3000;

/**
 * The container engine at an address: path of a socket, or `http://host:port`. Undefined: none answers.
 * @throws CarillonError CONFIG_INVALID
 */
export async function connectEngine(address: string): Promise<Engine | undefined> {
  const { default: Client } = await import('dockerode');
  // What is not said here, the client would take from the environment.
  const rest = { ca: undefined, cert: undefined, key: undefined, timeout: undefined };
  const engine = new Client({ ...rest, ...placeOf(address) });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, pingMs, undefined);
  });
  const answer = engine.ping().then(
    () => engine,
    () => undefined,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Does what an engine is asked for, and says so when it refuses. */
export async function ask<Answer>(what: string, call: Promise<Answer>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    throw refused(what, error);
  }
}

export function refused(what: string, error: unknown): CarillonError {
  const reason = reasonOf(error);
  return new CarillonError('ENGINE_FAILED', `Expected the container engine to ${what}, got: ${reason}`, {
    field: 'steps.docker',
    hint: "See the engine's own log.",
  });
}

/** The HTTP status an engine refused with; undefined: it did not answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number } | undefined)?.statusCode;
}

function reasonOf(error: unknown): string {
  const said = (error as { json?: { message?: unknown } } | undefined)?.json?.message;
  if (typeof said === 'string') return said;
  return error instanceof Error ? error.message : String(error);
}

function placeOf(address: string): Docker.DockerOptions {
  if (address.startsWith('/')) return { socketPath: address, host: undefined, port: undefined, protocol: 'http' };
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'unix:') return placeOf(url.pathname);
  if (url?.protocol !== 'http:') {
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`steps.docker.engine\` to be a socket, got ${show(address)}.`,
      {
        field: 'steps.docker.engine',
        value: address,
        hint: 'Name the path of a socket, such as /var/run/docker.sock, or http://host:port.',
      },
    );
  }
  return { protocol: 'http', host: url.hostname, port: url.port || 2375, socketPath: undefined };
}
