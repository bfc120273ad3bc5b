/** Process entry of `npm start`. */
import { homedir, tmpdir } from 'node:os';
import { CarillonError } from '../core/errors.js';
import { Embedded } from './embedded.js';
import { readOptions, usage } from './options.js';

/** npm hands a Ctrl-C on to us although the terminal has sent it already: two this close are one. */
const echoMs = 1000;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: unknown): never {
  if (error instanceof CarillonError) {
    process.stderr.write(`error ${error.code}: ${error.message}\n`);
    if (error.details.hint) process.stderr.write(`  → ${error.details.hint}\n`);
  } else {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  }
  process.exit(1);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.cwd());
  if (options.help) return print(usage.trimEnd());
  const embedded = new Embedded(options, {
    env: process.env,
    home: homedir(),
    tmp: tmpdir(),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    colour: Boolean(process.stdout.isTTY) && !process.env.NO_COLOR,
    elapsed: () => performance.now() / 1000,
    print,
  });
  let stoppingSince: number | undefined;
  const onSignal = () => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now();
      print('Stopping: runs in progress get 5 s to end (Ctrl-C again ends them at once). State is kept.');
      embedded.stop().then(() => process.exit(0), fail);
    } else if (performance.now() - stoppingSince > echoMs) {
      embedded.kill();
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    await embedded.start();
  } catch (error) {
    // What was starting fails when it is being ended.
    if (stoppingSince !== undefined) return;
    await embedded.stop();
    fail(error);
  }
}

await main().catch(fail);
