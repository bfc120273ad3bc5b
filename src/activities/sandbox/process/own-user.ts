import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessTable } from './process-table.js';

/** Numbers no account of a system, no container and no dynamic user of systemd gets. */
const first = 1_990_000_000;
const count = 10_000;

export function isOwnUser(uid: number): boolean {
  return Number.isInteger(uid) && uid >= first && uid < first + count;
}

/**
 * Users that exist as numbers only, one for each run, lent by a worker that is root: what a run leaves behind can then
 * be found and ended whatever it did, and it reads nothing of the worker or of other runs.
 */
export class OwnUsers {
  readonly #folder: string;

  constructor(
    root: string,
    private readonly table: ProcessTable,
  ) {
    this.#folder = join(root, 'users');
  }

  /** A number that nobody else has. @param mark of the run, which finds the number of its earlier attempt again */
  async claim(mark: string): Promise<number> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const start = Number.parseInt(mark.slice(0, 8), 16) % count;
    const busy = new Set(this.table.all().map(({ uid }) => uid));
    for (let step = 0; step < count; step++) {
      const uid = first + ((start + step) % count);
      const owner = await this.#owner(uid);
      if (owner === mark) return uid;
      if (owner === undefined && !busy.has(uid) && (await this.#take(uid, mark))) return uid;
    }
    throw new Error(`All ${count} users for steps are taken; see ${this.#folder}.`);
  }

  async release(uid: number): Promise<void> {
    await rm(join(this.#folder, String(uid)), { force: true });
  }

  async #owner(uid: number): Promise<string | undefined> {
    return readFile(join(this.#folder, String(uid)), 'utf8').catch(() => undefined);
  }

  async #take(uid: number, mark: string): Promise<boolean> {
    return writeFile(join(this.#folder, String(uid)), mark, { flag: 'wx', mode: 0o600 }).then(
      () => true,
      () => false,
    );
  }
}
