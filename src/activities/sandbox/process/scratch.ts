import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CarillonError } from '../../../core/errors.js';

/** What is kept beside a scratch folder, for whoever has to remove it. */
export interface ScratchNote {
  /** Value of CARILLON_RUN in every process of the run. */
  mark: string;
  /** The user of its own that the processes run as. */
  uid?: number;
  /** After this (ms) nobody works here any more. */
  until: number;
}

const notePattern = /^[0-9a-f]{32}\.json$/;

/** The folder that holds the scratch folders of a worker's user. */
export class ScratchRoot {
  private constructor(readonly path: string) {}

  /** @throws CarillonError CONFIG_INVALID when somebody else owns the folder */
  static async open(path: string): Promise<ScratchRoot> {
    await mkdir(path, { recursive: true, mode: 0o711 });
    const { uid, mode } = await lstat(path);
    const folder = (mode & 0o170000) === 0o040000;
    if (!folder || uid !== process.getuid?.() || (mode & 0o022) !== 0) {
      throw new CarillonError('CONFIG_INVALID', `Expected ${path} to be a folder that only this user writes to.`, {
        field: 'steps.folder',
        value: path,
        hint: 'Remove it, or name another folder in `steps.folder`.',
      });
    }
    return new ScratchRoot(path);
  }

  /** @throws CarillonError CONFIG_INVALID when other users cannot get as far as here */
  async expectOpen(): Promise<void> {
    for (let above = this.path; ; above = dirname(above)) {
      const { mode } = await stat(above);
      if ((mode & 0o001) === 0) {
        throw new CarillonError('CONFIG_INVALID', `Expected ${above} to let steps through: they run as other users.`, {
          field: 'steps.folder',
          value: above,
          hint: `Name another folder in \`steps.folder\`, or let others through: chmod o+x ${above}.`,
        });
      }
      if (above === dirname(above)) return;
    }
  }

  /** Marks a run of this installation: the same on every attempt. */
  markOf(project: string, runId: string): string {
    return createHash('sha256')
      .update(JSON.stringify([this.path, project, runId]))
      .digest('hex')
      .slice(0, 32);
  }

  folderOf(mark: string): string {
    return join(this.path, mark);
  }

  async keep(note: ScratchNote): Promise<void> {
    await writeFile(join(this.path, `${note.mark}.json`), JSON.stringify(note), { mode: 0o600 });
  }

  /** Notes of every scratch folder, whoever works in it. */
  async notes(): Promise<ScratchNote[]> {
    const names = (await readdir(this.path)).filter((name) => notePattern.test(name));
    const notes = await Promise.all(names.map((name) => this.#read(name)));
    return notes.filter((note) => note !== undefined);
  }

  /** Removes the folder, then its note. Nothing may run in it any more. */
  async remove({ mark }: ScratchNote): Promise<void> {
    await removeTree(this.folderOf(mark));
    await rm(join(this.path, `${mark}.json`), { force: true });
  }

  async #read(name: string): Promise<ScratchNote | undefined> {
    const mark = name.slice(0, -'.json'.length);
    const text = await readFile(join(this.path, name), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const note = JSON.parse(text) as ScratchNote;
      return { ...note, mark };
    } catch {
      // A worker died while it wrote it: before it started anything.
      return { mark, until: 0 };
    }
  }
}

async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    // A step may take the rights off its own folders.
    await openUp(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openUp(join(folder, entry.name));
  }
}
