import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CarillonError } from '../core/errors.js';
import { acquireLock, type Lock } from './lock.js';
import { longestSocketPath, socketFile } from './postgres-url.js';

/** Where the parts listen; the CLI reads it from `addresses.json`. */
export interface Addresses {
  /** URL of the API. */
  api: string;
  /** host:port of Temporal's frontend. */
  temporal: string;
  /** URL of Temporal's Web UI, if it is ours. */
  ui?: string;
  /** URL of the database. */
  database: string;
}

/** What `state.json` says of how the folder is laid out. */
const formatText = '{"format":1}\n';

/** The folder in which `npm start` keeps everything, held by one process at a time. */
export class StateFolder {
  private constructor(
    readonly path: string,
    private readonly lock: Lock,
    /** Whether this start made it. */
    readonly isNew: boolean,
  ) {}

  /** @throws CarillonError CONFIG_INVALID when another process holds it, or a later version wrote it */
  static async open(path: string): Promise<StateFolder> {
    mkdirSync(join(path, 'run'), { recursive: true, mode: 0o700 });
    closeToOthers(path);
    const lock = await acquireLock(join(path, 'run/start.lock'));
    if ('heldBy' in lock) {
      throw new CarillonError('CONFIG_INVALID', `Expected ${path} to be free, but process ${lock.heldBy} runs on it.`, {
        field: '--state',
        value: path,
        hint: 'Use the one that runs, end it with Ctrl-C, or give this one a folder of its own: npm start -- --state DIR.',
      });
    }
    const made = join(path, 'state.json');
    const isNew = !existsSync(made);
    if (!isNew) checkFormat(made);
    return new StateFolder(path, lock, isNew);
  }

  get temporalDatabase(): string {
    return join(this.path, 'temporal.db');
  }
  get temporalPid(): string {
    return join(this.path, 'run/temporal.pid');
  }
  get postgres(): string {
    return join(this.path, 'postgres');
  }
  /** Address of the folder of logs, results and artifacts of runs. */
  get objects(): string {
    return pathToFileURL(join(this.path, 'objects')).href;
  }
  get logs(): string {
    return join(this.path, 'logs');
  }

  /** Folder of the database's socket: in here, or a private one below `tmp` when that path is too long for a socket. */
  socketFolder(tmp: string): { path: string; private: boolean } {
    const path = join(this.path, 'run');
    if (Buffer.byteLength(join(path, socketFile)) <= longestSocketPath) return { path, private: false };
    return { path: mkdtempSync(join(tmp, 'carillon-')), private: true };
  }

  /** Notes that demo jobs are to be created, so that a crash in between does not lose them, and then that it is made. */
  settle(wantsDemo: boolean): void {
    if (!this.isNew) return;
    if (wantsDemo) writeFileSync(this.#demoPending, '');
    writeFileSync(join(this.path, 'state.json'), formatText);
  }

  get needsDemo(): boolean {
    return existsSync(this.#demoPending);
  }

  demoDone(): void {
    rmSync(this.#demoPending, { force: true });
  }

  writeAddresses(addresses: Addresses): void {
    writeFileSync(join(this.path, 'addresses.json'), `${JSON.stringify(addresses, null, 2)}\n`);
  }

  close(): void {
    rmSync(join(this.path, 'addresses.json'), { force: true });
    this.lock.release();
  }

  get #demoPending(): string {
    return join(this.path, 'demo.pending');
  }
}

/** Keys are in it. A folder of an earlier version, or made by hand, may be open to others. */
function closeToOthers(path: string): void {
  try {
    chmodSync(path, 0o700);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected ${path} to be a folder of yours, got ${code}.`,
      { field: '--state', value: path, hint: 'Choose one of your own by --state: keys are kept in it.' },
      { cause },
    );
  }
}

function checkFormat(file: string): void {
  const text = readFileSync(file, 'utf8');
  if (text === formatText) return;
  throw new CarillonError('CONFIG_INVALID', `Expected ${file} to say ${formatText.trim()}, got ${text.trim()}.`, {
    value: text.trim(),
    hint: 'Another version of Carillon made this folder: start that one, or choose another folder with --state.',
  });
}
