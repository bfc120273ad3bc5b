import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection between a process and a server that a test can disturb. */
export interface Link {
  /** host:port to connect to in place of the server's. */
  address: string;
  /** From now on nothing gets through, and neither side notices. */
  freeze(): void;
  /** The same for what the server says; what it is told still arrives. */
  freezeAnswers(): void;
  /** Everything gets through again, what was held back first. */
  thaw(): void;
  /** Ends every connection: the server sees that its counterpart is gone. */
  cut(): void;
}

interface Way {
  from: Socket;
  to: Socket;
  answers: boolean;
}

/** Listens on a loopback port of its own and passes everything on to `target` (host:port). Ends with the test. */
export async function openLink(target: string): Promise<Link> {
  const { hostname, port } = new URL(`tcp://${target}`);
  const ways = new Set<Way>();
  const open = (way: Way) => {
    const { from, to } = way;
    ways.add(way);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      ways.delete(way);
      to.destroy();
    });
    from.pipe(to);
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    open({ from: near, to: far, answers: false });
    open({ from: far, to: near, answers: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const freeze = (fits: (way: Way) => boolean) => {
    for (const { from } of [...ways].filter(fits)) from.unpipe().pause();
  };
  const cut = () => {
    for (const { from } of ways) from.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze: () => freeze(() => true),
    freezeAnswers: () => freeze(({ answers }) => answers),
    thaw() {
      for (const { from, to } of ways) from.pipe(to);
    },
    cut,
  };
}
