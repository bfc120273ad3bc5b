import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CarillonError } from '../../core/errors.js';
import type { BrokenModule } from '../../core/task/registry.js';
import { type AnyTask, defineTask } from '../../core/task/task.js';

/** A module that brings tasks. */
export interface TaskModule {
  /** As people know it: the path, or the package. */
  module: string;
  url: string;
}

const isModule = /\.(ts|mts|js|mjs|cjs)$/;
const isNone = /(\.d\.m?ts|\.(test|spec)\.\w+)$|^[_.]/;

/**
 * The modules that `names` stand for: a folder's files (those of folders in it not, nor tests, declarations and names
 * with a leading `_` or `.`), a file, or a package as the configuration would import it.
 */
export function findModules(
  configPath: string,
  names: readonly string[],
): { modules: TaskModule[]; broken: BrokenModule[] } {
  const modules: TaskModule[] = [];
  const broken: BrokenModule[] = [];
  for (const name of names) {
    try {
      modules.push(
        ...(/^(\.{0,2}\/|[A-Za-z]:[\\/])/.test(name) ? filesAt(configPath, name) : [packageAt(configPath, name)]),
      );
    } catch (error) {
      broken.push({ module: name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { modules, broken };
}

function filesAt(configPath: string, name: string): TaskModule[] {
  const path = resolve(dirname(configPath), name);
  if (!existsSync(path)) throw new Error(`there is nothing at ${path}`);
  if (!statSync(path).isDirectory()) return [fileModule(path)];
  const files = readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && isModule.test(entry.name) && !isNone.test(entry.name))
    .map((entry) => join(path, entry.name));
  return files.sort().map(fileModule);
}

function fileModule(path: string): TaskModule {
  return { module: path, url: pathToFileURL(path).href };
}

function packageAt(configPath: string, name: string): TaskModule {
  return { module: name, url: pathToFileURL(createRequire(configPath).resolve(name)).href };
}

/** The tasks a module exports, by whatever names, or as a list. @throws CarillonError TASK_INVALID, or that there is none */
export function tasksOf(module: Record<string, unknown>): AnyTask[] {
  const values = Object.values(module).flatMap((value) => {
    // A CommonJS module arrives with its exports one level down.
    const inner = typeof value === 'object' && value !== null && !Array.isArray(value) && !looksLikeTask(value);
    return inner ? Object.values(value) : [value];
  });
  const tasks = [...new Set(values.flat())].filter(looksLikeTask);
  if (tasks.length > 0) return tasks.map((task) => defineTask(task));
  throw new CarillonError('TASK_INVALID', 'it exports no task.', { hint: 'Export what `defineTask` returns.' });
}

function looksLikeTask(value: unknown): value is AnyTask {
  return typeof value === 'object' && value !== null && 'run' in value && 'name' in value && 'input' in value;
}
