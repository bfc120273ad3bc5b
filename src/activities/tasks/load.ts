import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CarillonError, show } from '../../core/errors.js';
import type { CarillonConfig, HostSettings } from '../../core/task/config.js';
import { type BrokenModule, TaskRegistry, versionOf } from '../../core/task/registry.js';
import type { TaskSettings } from '../../core/task/services.js';
import { type AnyTask, defineTask } from '../../core/task/task.js';
import { importModule } from './import-module.js';
import { builtInTasks } from './index.js';
import { findModules, tasksOf } from './modules.js';

/** Looked for in the working folder when no module is named. */
export const defaultModules = ['carillon.config.ts', 'carillon.config.js', 'carillon.config.mjs'];

/** The module to load: the one named, or a `carillon.config.*` in `folder`; undefined when there is none. */
export function findTasksModule(folder: string, named?: string): string | undefined {
  if (named) return resolve(folder, named);
  return defaultModules.map((name) => resolve(folder, name)).find((path) => existsSync(path));
}

/** What a configuration says, with its tasks loaded. */
export interface LoadedConfig {
  registry: TaskRegistry;
  /** The tasks that are not built in. */
  own: readonly AnyTask[];
  settings: TaskSettings;
  hosts: HostSettings;
}

/**
 * The built-in tasks and those of the configuration (TypeScript or JavaScript) at `path`, which it exports by default:
 * its `tasks`, and those of its `taskModules`. A broken one of these is listed in the registry, and the others load.
 * @throws CarillonError CONFIG_INVALID naming the module, or TASK_INVALID naming the task
 */
export async function loadConfig(path?: string): Promise<LoadedConfig> {
  if (path === undefined) return { registry: new TaskRegistry(builtInTasks), own: [], settings: {}, hosts: {} };
  const { tasks = [], taskModules = [], hosts = {}, ...settings } = await readConfig(path);
  const own = tasks.map((task) => defineTask(task));
  const known = new TaskRegistry([...builtInTasks, ...own]);
  const { found, broken } = await loadModules(path, taskModules, known);
  const registry = new TaskRegistry([...known.list(), ...found], broken);
  return { registry, own: [...own, ...found], settings, hosts: checkedHosts(path, hosts) };
}

async function readConfig(path: string): Promise<CarillonConfig> {
  const hint = 'Export `defineConfig({ tasks: [...] })` by default; see docs/tasks.md.';
  const details = { field: 'tasks', value: path, hint };
  if (!existsSync(path))
    throw new CarillonError('CONFIG_INVALID', `Expected a module at ${show(path)}, found nothing.`, details);
  let module: Record<string, unknown>;
  try {
    module = await importModule(pathToFileURL(path).href);
  } catch (cause) {
    const message = `The tasks module ${path} cannot be loaded: ${cause instanceof Error ? cause.message : cause}`;
    throw new CarillonError('CONFIG_INVALID', message, details, { cause });
  }
  const config = exported(module.default);
  const { tasks = [], taskModules = [] } = config ?? {};
  if (!config || !Array.isArray(tasks) || (config.tasks === undefined && config.taskModules === undefined)) {
    const message = `Expected ${path} to export a config with \`tasks\`, got ${show(module.default)}.`;
    throw new CarillonError('CONFIG_INVALID', message, details);
  }
  if (!Array.isArray(taskModules) || taskModules.some((name) => typeof name !== 'string' || name === '')) {
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`taskModules\` of ${path} to be a list of folders, files and packages, got ${show(taskModules)}.`,
      { field: 'taskModules', value: taskModules, hint: "Write `taskModules: ['./tasks', '@acme/tasks']`." },
    );
  }
  return config;
}

function checkedHosts(path: string, hosts: HostSettings): HostSettings {
  for (const field of ['memoryMb', 'maximum'] as const) {
    const value = hosts[field];
    const least = field === 'memoryMb' ? 32 : 1;
    if (value === undefined || (Number.isInteger(value) && value >= least)) continue;
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`hosts.${field}\` of ${path} to be a whole number from ${least} up, got ${show(value)}.`,
      { field: `hosts.${field}`, value, hint: 'Leave it out for the default.' },
    );
  }
  return hosts;
}

/** Each module by itself: what is wrong with one says nothing about the next. */
async function loadModules(
  configPath: string,
  names: readonly string[],
  known: TaskRegistry,
): Promise<{ found: AnyTask[]; broken: BrokenModule[] }> {
  const found: AnyTask[] = [];
  const { modules, broken } = findModules(configPath, names);
  for (const { module, url } of modules) {
    try {
      const tasks = tasksOf(await importModule(url));
      // Whole modules: half of one would hide that the other half is missing.
      new TaskRegistry([...known.list(), ...found, ...tasks]);
      found.push(...tasks);
    } catch (error) {
      broken.push({ module, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { found, broken };
}

/** A CommonJS module arrives with its exports one level down. */
function exported(value: unknown): CarillonConfig | undefined {
  const inner = value as { default?: unknown; tasks?: unknown; taskModules?: unknown } | undefined;
  const bare = inner?.tasks === undefined && inner?.taskModules === undefined;
  return (bare && inner?.default !== undefined ? inner.default : inner) as CarillonConfig | undefined;
}

/** As an error with its code, for a log: the modules that brought no tasks. */
export function brokenModuleError({ module, message }: BrokenModule): CarillonError {
  return new CarillonError('TASK_MODULE_BROKEN', `The task module ${module} does not load: ${message}`, {
    field: 'taskModules',
    value: module,
    hint: 'Correct the module and start again; the tasks of the others are there.',
  });
}

/** Name and version, as a job can name it. */
export function taskRef(task: AnyTask): string {
  return `${task.name}@${versionOf(task)}`;
}
