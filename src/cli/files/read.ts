import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CarillonError, show } from '../../core/errors.js';
import { type FileFault, printFault } from './fault.js';
import { type JobDocument, namelessSchema, parseJobFile } from './job-file.js';

/** Reads files, and the YAML files of folders in the order of their names. Ids are unique in the whole set. */
export function readJobFiles(
  paths: string[],
  cwd: string,
  project: string,
): { documents: JobDocument[]; faults: FileFault[] } {
  const documents: JobDocument[] = [];
  const faults: FileFault[] = [];
  for (const file of paths.flatMap((path) => filesAt(path, cwd))) {
    const read = parseJobFile(file, readText(file, cwd), project);
    documents.push(...read.documents);
    faults.push(...read.faults);
  }
  return { documents, faults: [...faults, ...duplicates(documents)] };
}

/** The fields of a file that holds one job, whose id may come from elsewhere. */
export function readSingleDocument(path: string, cwd: string): Record<string, unknown> {
  const { documents, faults } = parseJobFile(path, readText(path, cwd), '', namelessSchema);
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
  if (!statSync(full, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const names = readdirSync(full).filter((name) => /\.ya?ml$/.test(name));
  if (names.length > 0) return names.sort().map((name) => join(path, name));
  throw new CarillonError('FILE_INVALID', `Expected *.yaml or *.yml in ${show(path)}, found none.`, {
    field: '--file',
    value: path,
    hint: 'Name another folder; folders inside it are not searched.',
  });
}

export function readText(path: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, path), 'utf8');
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
