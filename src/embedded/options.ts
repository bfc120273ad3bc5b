import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CarillonError, show } from '../core/errors.js';

export interface EmbeddedOptions {
  demo: boolean;
  /** Whether the API asks callers who they are. */
  auth: boolean;
  /** Absolute path of the state folder. */
  state: string;
  /** Absolute path of the module with the user's tasks. */
  tasks?: string;
  apiPort?: number;
  temporalPort?: number;
  uiPort?: number;
  help: boolean;
}

export const usage = `npm start -- [options]

  --state DIR          where everything is kept           (default .carillon)
  --tasks FILE         module that exports your tasks     (default carillon.config.ts, if there is one)
  --no-demo            do not create the three demo jobs in a new state folder
  --no-auth            ask nobody who they are: whoever reaches the API may do everything
  --api-port N         port of the API                    (default 7070, or a free one)
  --temporal-port N    port of the Temporal server        (default 7233, or a free one)
  --ui-port N          port of the Temporal Web UI        (default 8233, or a free one)

Environment: TEMPORAL_ADDRESS uses that Temporal server, CARILLON_TEMPORAL_CLI that Temporal CLI, DATABASE_URL that
PostgreSQL; CARILLON_SECRET_KEY and CARILLON_ADMIN_KEY those keys in place of the state folder's; CARILLON_CACHE is
where downloads are kept.
`;

const flags = {
  state: { type: 'string' },
  tasks: { type: 'string' },
  'no-demo': { type: 'boolean' },
  'no-auth': { type: 'boolean' },
  'api-port': { type: 'string' },
  'temporal-port': { type: 'string' },
  'ui-port': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the flags of `npm start`.
 * @param cwd folder that relative paths start from
 * @throws CarillonError CONFIG_INVALID
 */
export function readOptions(argv: string[], cwd: string): EmbeddedOptions {
  const values = parse(argv);
  const tasks = values.tasks === undefined ? undefined : resolve(cwd, values.tasks);
  if (tasks !== undefined && !existsSync(tasks)) {
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`--tasks\` to be a file, got ${show(values.tasks)}, which is not there.`,
      {
        field: '--tasks',
        value: values.tasks,
        hint: 'Name a module that exports defineConfig({ tasks: [...] }) by default.',
      },
    );
  }
  return {
    demo: !values['no-demo'],
    auth: !values['no-auth'],
    state: resolve(cwd, values.state ?? '.carillon'),
    tasks,
    apiPort: port('--api-port', values['api-port']),
    temporalPort: port('--temporal-port', values['temporal-port']),
    uiPort: port('--ui-port', values['ui-port']),
    help: values.help ?? false,
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: flags }).values;
  } catch (error) {
    throw new CarillonError('CONFIG_INVALID', error instanceof Error ? error.message : String(error), {
      hint: 'See `npm start -- --help`.',
    });
  }
}

function port(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= 65_535) return value;
  throw new CarillonError('CONFIG_INVALID', `Expected \`${field}\` to be a port from 1 to 65535, got ${show(text)}.`, {
    field,
    value: text,
    hint: 'Leave it out to have a free one chosen.',
  });
}
