import { homedir } from 'node:os';
import { freePort } from '../../src/embedded/free-port.js';
import { findTemporal } from '../../src/embedded/temporal/find.js';
import { serverArguments } from '../../src/embedded/temporal/server-arguments.js';
import { startServerProcess } from './child.js';

export interface DevServer {
  /** host:port of the frontend; the namespace is `default`. */
  address: string;
  uiPort: number;
  stop(): Promise<void>;
}

/** Path of a Temporal CLI: found as `npm start` finds it, except that tests never use a server that runs already. */
export async function temporalCli(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const steps: string[] = [];
  const found = await findTemporal({
    env: { ...env, TEMPORAL_ADDRESS: undefined },
    home: homedir(),
    say: (line) => steps.push(line),
  }).catch((error) => {
    throw new Error(`${error.message} ${error.details?.hint ?? ''}\n${steps.join('\n')}`, { cause: error });
  });
  if ('address' in found) throw new Error(`Expected a Temporal CLI, got a server at ${found.address}.`);
  return found.executable;
}

/** Starts a real Temporal server in memory, with our search attributes and settings. It ends with this process. */
export async function startDevServer(options: { cli?: string; database?: string } = {}): Promise<DevServer> {
  const cli = options.cli ?? (await temporalCli());
  for (let attempt = 1; ; attempt += 1) {
    const [port, uiPort] = [await freePort(), await freePort()];
    const address = `127.0.0.1:${port}`;
    const args = serverArguments({ port, uiPort, database: options.database });
    try {
      const { stop } = await startServerProcess('temporal/guardian-main', [cli, address, '', ...args]);
      return { address, uiPort, stop };
    } catch (error) {
      // Another process may have taken a port between our asking and the server's listening.
      if (attempt === 3) throw error;
    }
  }
}
