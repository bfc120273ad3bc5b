import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { CarillonError, show } from '../../core/errors.js';
import type { CarillonConfig } from '../../core/task/config.js';
import { TaskRegistry } from '../../core/task/registry.js';
import { type AnyTask, defineTask } from '../../core/task/task.js';
import { builtInTasks } from './index.js';

/** Looked for in the working folder when no module is named. */
export const defaultModules = ['carillon.config.ts', 'carillon.config.js', 'carillon.config.mjs'];

/** The module to load: the one named, or a `carillon.config.*` in `folder`; undefined when there is none. */
export function findTasksModule(folder: string, named?: string): string | undefined {
  if (named) return resolve(folder, named);
  return defaultModules.map((name) => resolve(folder, name)).find((path) => existsSync(path));
}

/**
 * The built-in tasks and those of the module (TypeScript or JavaScript) at `path`, which exports a config by default.
 * @throws CarillonError CONFIG_INVALID naming the module, or TASK_INVALID naming the task
 */
export async function loadRegistry(path?: string): Promise<TaskRegistry> {
  return new TaskRegistry([...builtInTasks, ...(path ? await loadTasks(path) : [])]);
}

async function loadTasks(path: string): Promise<readonly AnyTask[]> {
  const hint = 'Export `defineConfig({ tasks: [...] })` by default; see docs/tasks.md.';
  const details = { field: 'tasks', value: path, hint };
  if (!existsSync(path))
    throw new CarillonError('CONFIG_INVALID', `Expected a module at ${show(path)}, found nothing.`, details);
  let module: { default?: unknown };
  try {
    module = await tsImport(pathToFileURL(path).href, import.meta.url);
  } catch (cause) {
    const message = `The tasks module ${path} cannot be loaded: ${cause instanceof Error ? cause.message : cause}`;
    throw new CarillonError('CONFIG_INVALID', message, details, { cause });
  }
  const config = exported(module.default);
  if (!Array.isArray(config?.tasks)) {
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected ${path} to export a config with \`tasks\`, got ${show(module.default)}.`,
      details,
    );
  }
  return config.tasks.map((task) => defineTask(task));
}

/** A CommonJS module arrives with its exports one level down. */
function exported(value: unknown): CarillonConfig | undefined {
  const inner = value as { default?: unknown; tasks?: unknown } | undefined;
  return (inner?.tasks === undefined && inner?.default !== undefined ? inner.default : inner) as
    | CarillonConfig
    | undefined;
}
