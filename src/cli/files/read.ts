import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CarillonError, show } from '../../core/errors.js';
import type { Io } from '../io.js';
import { type FileFault, printFault } from './fault.js';
import { type JobDocument, namelessSchema, parseJobFile } from './job-file.js';

/** What files are read with. */
export type Surroundings = Pick<Io, 'cwd' | 'env' | 'stdin'>;

/**
 * Reads files, the YAML and JSON files of folders and of the folders inside them in the order of their paths, and `-`,
 * which is standard input. Ids are unique in the whole set.
 * @param project of documents that name none
 * @throws CarillonError FILE_INVALID for what cannot be read at all; what is wrong inside is in `faults`
 */
export function readJobFiles(
  paths: string[],
  io: Surroundings,
  project: string,
): { documents: JobDocument[]; faults: FileFault[] } {
  const documents: JobDocument[] = [];
  const faults: FileFault[] = [];
  const files = [...new Set(paths.flatMap((path) => filesAt(path, io.cwd)))];
  for (const file of files) {
    const read = parseJobFile(file === '-' ? 'stdin' : file, readText(file, io), project, io.env);
    documents.push(...read.documents);
    faults.push(...read.faults);
  }
  return { documents, faults: [...faults, ...duplicates(documents)] };
}

/** The fields of a file that holds one job, whose id may come from elsewhere. */
export function readSingleDocument(path: string, io: Surroundings): Record<string, unknown> {
  const { documents, faults } = parseJobFile(path, readText(path, io), '', io.env, namelessSchema);
  const [document] = documents;
  if (document && documents.length === 1 && faults.length === 0) {
    const { id, project, definition } = document;
    return { ...definition, ...(id && { id }), ...(project && { project }) };
  }
  const message =
    faults.length > 0
      ? faults.map(printFault).join('').trimEnd()
      : `Expected one job in ${path}, got ${documents.length}.`;
  throw new CarillonError('FILE_INVALID', message, {
    field: '--file',
    value: path,
    hint: faults.length > 0 ? 'Correct the file.' : 'Use `carillon apply` for several jobs.',
  });
}

function filesAt(path: string, cwd: string): string[] {
  const full = resolve(cwd, path);
  if (path === '-' || !statSync(full, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const files = jobFilesIn(full).map((name) => join(path, name));
  if (files.length > 0) return files.sort();
  throw new CarillonError('FILE_INVALID', `Expected *.yaml, *.yml or *.json in ${show(path)}, found none.`, {
    field: '--file',
    value: path,
    hint: 'Name another folder, or a file.',
  });
}

/** Paths below a folder; hidden ones, and packages, are nobody's jobs. */
function jobFilesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const { name } = entry;
    if (name.startsWith('.') || name === 'node_modules') return [];
    // What a link leads to is read as well, but a link to a folder may lead back here.
    if (entry.isDirectory()) return jobFilesIn(join(folder, name)).map((inner) => join(name, inner));
    const isFile = entry.isFile() || statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true;
    return isFile && /\.(ya?ml|json)$/.test(name) ? [name] : [];
  });
}

export function readText(path: string, { cwd, stdin }: Omit<Surroundings, 'env'>): string {
  try {
    return path === '-' && stdin ? stdin() : readFileSync(resolve(cwd, path), 'utf8');
  } catch (cause) {
    const message = `Expected ${show(path)} to be a file that can be read: ${(cause as Error).message}`;
    throw new CarillonError(
      'FILE_INVALID',
      message,
      { field: '--file', value: path, hint: 'Check the path.' },
      { cause },
    );
  }
}

function duplicates(documents: JobDocument[]): FileFault[] {
  const seen = new Map<string, JobDocument>();
  return documents.flatMap((document): FileFault[] => {
    const { file, id, project } = document;
    const first = seen.get(`${project}/${id}`);
    if (!first) {
      seen.set(`${project}/${id}`, document);
      return [];
    }
    const there = `${first.file}:${first.locate('id', 'value').line}`;
    const message = `Expected an id of its own, got ${show(id)}, which ${there} has already.`;
    return [
      {
        file,
        ...document.locate('id', 'value'),
        code: 'FILE_INVALID',
        path: 'id',
        message,
        hint: 'Rename one of the two jobs.',
      },
    ];
  });
}
