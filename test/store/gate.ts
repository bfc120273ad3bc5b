import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `mute`: statements arrive, answers do not. `silent`: neither does. `frozen`: not even a goodbye is answered. */
export type GateMode = 'open' | 'mute' | 'silent' | 'frozen';

/** A way to the database that can be cut or clogged while the database itself lives on. */
export interface Gate extends AsyncDisposable {
  /** The database's address, through the gate. */
  url: string;
  mode: GateMode;
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Accepts connections again. */
  mend(): Promise<void>;
  /** Connections through the gate. */
  connections(): number;
}

/** @param target address of the database: host and port, or `?host=` of a Unix socket */
export async function openGate(target: string): Promise<Gate> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-gate-'));
  const address = new URL(target);
  const socketFolder = address.searchParams.get('host');
  const port = Number(address.port || 5432);
  const sockets = new Set<Socket>();

  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    return socket;
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    track(near);
    const far = track(
      socketFolder
        ? createConnection(join(socketFolder, `.s.PGSQL.${port}`))
        : createConnection(port, address.hostname),
    );
    near.on('data', (data) => (gate.mode === 'open' || gate.mode === 'mute') && far.write(data));
    far.on('data', (data) => gate.mode === 'open' && near.write(data));
    near.once('end', () => gate.mode !== 'frozen' && near.end());
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  });
  const listen = async () => {
    server.listen(join(folder, `.s.PGSQL.${port}`));
    await once(server, 'listening');
  };
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  const through = new URL(target);
  through.searchParams.set('host', folder);
  const gate: Gate = {
    url: through.href,
    mode: 'open',
    cut,
    mend: listen,
    connections: () => sockets.size / 2,
    async [Symbol.asyncDispose]() {
      await cut();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await listen();
  return gate;
}
