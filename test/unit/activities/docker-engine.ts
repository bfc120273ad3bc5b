import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ContainerCreateOptions } from 'dockerode';

/*
 * A container engine that speaks the API of Docker over a socket, as far as steps use it, and answers as Docker 20.10
 * does. What it calls a container is a process of this machine, with the volume's folder in the place of its target.
 */

type Order = ContainerCreateOptions & { Labels: Record<string, string> };

interface Container {
  id: string;
  order: Order;
  state: 'created' | 'running' | 'exited';
  exitCode: number;
  child?: ChildProcess;
  attached: ServerResponse[];
  exited: Promise<void>;
  exit: () => void;
}

export interface FakeEngine {
  socket: string;
  /** `POST /containers/create` and the like, in order; ids are left out. */
  calls: string[];
  /** What containers were asked for. */
  orders: Order[];
  containers: Map<string, Container>;
  volumes: Map<string, { Name: string; Labels: Record<string, string>; folder: string }>;
  /** Cuts off whoever is connected, and answers no more. */
  die(): void;
  close(): Promise<void>;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export async function startFakeEngine({
  images,
  registry = [],
}: {
  images: string[];
  /** Images that can be fetched. */
  registry?: string[];
}): Promise<FakeEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-engine-'));
  const present = new Set(images);
  const containers = new Map<string, Container>();
  const volumes: FakeEngine['volumes'] = new Map();
  const calls: string[] = [];
  const orders: Order[] = [];
  const socket = join(folder, 'docker.sock');

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (response.headersSent) return response.destroy();
      const status = error instanceof Refusal ? error.status : 500;
      send(response, status, { message: error instanceof Error ? error.message : String(error) });
    });
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    ...{ socket, calls, orders, containers, volumes },
    die() {
      server.close();
      server.closeAllConnections();
    },
    async close() {
      for (const container of containers.values()) killGroup(container, 'SIGKILL');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://engine');
    const [kind = '', name = '', action = ''] = url.pathname.slice(1).split('/').map(decodeURIComponent);
    const route = `${request.method} /${kind}${known(name) ? `/${name}` : name ? '/ID' : ''}${action ? `/${action}` : ''}`;
    calls.push(route);
    const query = url.searchParams;
    switch (route) {
      case 'GET /_ping':
        response.setHeader('Content-Type', 'text/plain');
        return void response.end('OK');
      case 'GET /containers/json':
        return send(
          response,
          200,
          [...containers.values()].filter(labelled(query)).map(({ id, order }) => ({ Id: id, Labels: order.Labels })),
        );
      case 'POST /containers/create':
        return send(response, 201, create(JSON.parse(await readText(request))));
      case 'GET /volumes':
        return send(response, 200, {
          Volumes: [...volumes.values()].filter((volume) => labelled(query)({ order: volume })),
          Warnings: null,
        });
      case 'POST /volumes/create':
        return send(response, 201, createVolume(JSON.parse((await readText(request)) || '{}')));
      case 'DELETE /volumes/ID':
        removeVolume(name);
        return send(response, 204);
      case 'POST /images/create':
        return pull(`${query.get('fromImage')}:${query.get('tag')}`, response);
    }
    if (kind === 'images' && url.pathname.endsWith('/json')) {
      const image = decodeURIComponent(url.pathname.slice('/images/'.length, -'/json'.length));
      if (!present.has(image)) throw new Refusal(404, `No such image: ${image}`);
      return send(response, 200, { Id: image });
    }
    const container = containers.get(name);
    if (kind !== 'containers' || !container) throw new Refusal(404, `No such container: ${name}`);
    switch (`${request.method} ${action}`) {
      case 'POST attach':
        response.writeHead(200, { 'Content-Type': 'application/vnd.docker.raw-stream' });
        response.flushHeaders();
        return void container.attached.push(response);
      case 'POST start':
        if (container.state === 'running') return send(response, 304);
        start(container);
        return send(response, 204);
      case 'POST wait':
        if (container.state === 'running') await container.exited;
        return send(response, 200, { StatusCode: container.exitCode });
      case 'POST kill':
        if (container.state !== 'running') throw new Refusal(409, `Container ${name} is not running`);
        killGroup(container, (query.get('signal') ?? 'SIGKILL') as NodeJS.Signals);
        return send(response, 204);
      case 'GET json':
        return send(response, 200, {
          Id: name,
          State: { Status: container.state, ExitCode: container.exitCode, OOMKilled: false },
        });
      case 'DELETE ':
        if (container.state === 'running' && query.get('force') !== 'true')
          throw new Refusal(409, 'You cannot remove a running container');
        killGroup(container, 'SIGKILL');
        await container.exited;
        containers.delete(name);
        return send(response, 204);
      case 'PUT archive':
        return unpack(placeOf(container, query.get('path') ?? ''), request, response);
      case 'GET archive':
        return pack(placeOf(container, query.get('path') ?? ''), response);
    }
    throw new Refusal(404, 'page not found');
  }

  function create(order: Order): { Id: string; Warnings: string[] } {
    if (!present.has(order.Image ?? '')) throw new Refusal(404, `No such image: ${order.Image}`);
    for (const { Source } of order.HostConfig?.Mounts ?? []) {
      if (!volumes.has(Source)) throw new Refusal(404, `No such volume: ${Source}`);
    }
    orders.push(order);
    const id = randomBytes(32).toString('hex');
    const container: Container = {
      id,
      order,
      state: 'created',
      exitCode: 0,
      attached: [],
      exited: Promise.resolve(),
      exit: () => {},
    };
    containers.set(id, container);
    return { Id: id, Warnings: [] };
  }

  function start(container: Container): void {
    const { order } = container;
    const argv = [...((order.Entrypoint as string[]) ?? []), ...(order.Cmd ?? [])].map((word) =>
      translate(container, word),
    );
    const env = (order.Env ?? []).map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), translate(container, pair.slice(at + 1))];
    });
    const cwd = placeOf(container, order.WorkingDir ?? '/');
    mkdirSync(cwd, { recursive: true });
    const child = spawn(argv[0] as string, argv.slice(1), {
      cwd,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...Object.fromEntries(env) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    container.child = child;
    container.state = 'running';
    container.exited = new Promise((resolve) => {
      container.exit = resolve;
    });
    const resume = () => [child.stdout, child.stderr].forEach((output) => void output?.resume());
    for (const one of container.attached) one.on('drain', resume).on('close', resume);
    for (const [stream, output] of [
      [1, child.stdout],
      [2, child.stderr],
    ] as const) {
      output?.on('data', (chunk: Buffer) => {
        const head = Buffer.alloc(8);
        head[0] = stream;
        head.writeUInt32BE(chunk.length, 4);
        const free = container.attached.filter((one) => !one.destroyed);
        if (free.some((one) => !one.write(Buffer.concat([head, chunk])))) {
          output.pause();
        }
      });
    }
    const ended = (exitCode: number) => {
      if (container.state === 'exited') return;
      container.state = 'exited';
      container.exitCode = exitCode;
      for (const one of container.attached) one.end();
      container.exit();
    };
    // As docker-init says of what it cannot execute.
    child.once('error', () => ended(127));
    // Nothing in a container outlives its first process.
    child.once('exit', () => killGroup(container, 'SIGKILL'));
    child.once('close', (code, signal) => ended(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)));
  }

  function killGroup({ child, state }: Container, signal: NodeJS.Signals): void {
    if (state !== 'running' || child?.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Gone meanwhile.
    }
  }

  function createVolume({
    Name = randomBytes(32).toString('hex'),
    Labels = {},
  }: {
    Name?: string;
    Labels?: Record<string, string>;
  }) {
    const volume = { Name, Labels, folder: join(folder, Name) };
    mkdirSync(volume.folder, { recursive: true });
    volumes.set(Name, volume);
    return volume;
  }

  function removeVolume(name: string): void {
    const volume = volumes.get(name);
    if (!volume) throw new Refusal(404, `get ${name}: no such volume`);
    const users = [...containers.values()].filter(({ order }) =>
      order.HostConfig?.Mounts?.some(({ Source }) => Source === name),
    );
    if (users.length > 0) throw new Refusal(409, 'volume is in use');
    volumes.delete(name);
    rmSync(volume.folder, { recursive: true, force: true });
  }

  function pull(image: string, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.write(`${JSON.stringify({ status: `Pulling from ${image}` })}\r\n`);
    if (registry.includes(image)) present.add(image);
    const end = registry.includes(image)
      ? { status: `Status: Downloaded newer image for ${image}` }
      : { errorDetail: { message: `manifest for ${image} not found` }, error: `manifest for ${image} not found` };
    response.end(`${JSON.stringify(end)}\r\n`);
  }

  function mountOf({ order }: Container): { target: string; folder: string } {
    const mount = order.HostConfig?.Mounts?.[0];
    return { target: mount?.Target ?? '/', folder: volumes.get(mount?.Source ?? '')?.folder ?? folder };
  }

  function translate(container: Container, word: string): string {
    const { target, folder: place } = mountOf(container);
    return word.replaceAll(target, place);
  }

  function placeOf(container: Container, path: string): string {
    const { target, folder: place } = mountOf(container);
    if (path !== target && !path.startsWith(`${target}/`))
      throw new Refusal(403, 'container rootfs is marked read-only');
    return join(place, path.slice(target.length));
  }
}

async function unpack(place: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!existsSync(place)) throw new Refusal(404, `Could not find the file ${place} in container`);
  const tar = spawn('tar', ['--extract', '--no-same-owner', '--directory', place], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const [faults] = await Promise.all([readText(tar.stderr), pipeline(request, tar.stdin), once(tar, 'close')]);
  if (tar.exitCode !== 0) throw new Refusal(400, faults);
  send(response, 200);
}

async function pack(place: string, response: ServerResponse): Promise<void> {
  if (!existsSync(place)) throw new Refusal(404, `Could not find the file ${place} in container`);
  const tar = spawn('tar', ['--create', '--format=pax', '--directory', dirname(place), basename(place)]);
  const stat = Buffer.from(JSON.stringify({ name: basename(place), size: statSync(place).size })).toString('base64');
  response.writeHead(200, { 'Content-Type': 'application/x-tar', 'X-Docker-Container-Path-Stat': stat });
  await pipeline(tar.stdout, response);
}

function send(response: ServerResponse, status: number, body?: unknown): void {
  if (body === undefined) return void response.writeHead(status).end();
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** Words of paths that are no ids. */
function known(name: string): boolean {
  return ['json', 'create'].includes(name);
}

function labelled(query: URLSearchParams): (one: { order: { Labels: Record<string, string> } }) => boolean {
  const { label = [] } = JSON.parse(query.get('filters') ?? '{}') as { label?: string[] };
  return ({ order }) => label.every((wanted) => wanted in (order.Labels ?? {}));
}
