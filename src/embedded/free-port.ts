import { createServer } from 'node:net';

/** Asks the system for a port on the loopback address that nobody uses now. */
export function freePort(): Promise<number> {
  return listenOnce(0) as Promise<number>;
}

/** Whether a port on the loopback address can be listened on now. */
export async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (port === 0 ? reject(error) : resolve(undefined)));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address && typeof address === 'object' ? address.port : undefined));
    });
  });
}
