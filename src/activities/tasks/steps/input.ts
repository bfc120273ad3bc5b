import { posix } from 'node:path';
import { z } from 'zod';
import { durationMs, parseDuration } from '../../../core/duration.js';
import { type Condition, parseCondition } from './condition.js';
import { ConditionFault } from './condition-tokens.js';
import { referencesIn } from './variables.js';

/** What every system can hand to a program: anything but NUL, in whole characters. */
const text = z
  .string()
  .refine((value) => !/\0|\p{Surrogate}/u.test(value), 'Expected a text without NUL or half characters.');
const name = z.string().regex(/^[A-Za-z_][\w-]{0,63}$/, 'Expected a name of letters, digits, _ and -, at most 64.');
const relative = text
  .max(1000)
  .refine(isBelow, 'Expected a path below the workspace, without a leading / and without "..".');

const variables = z.record(
  text
    .min(1)
    .refine((key) => !key.includes('='), 'Expected a variable without =.')
    .refine((key) => !key.startsWith('CARILLON_'), 'Expected no variable that begins with CARILLON_: these are set.'),
  text,
);
const duration = z.string().refine(isDuration, 'Expected a duration such as PT30S or 30s.');
const image = z
  .string()
  .max(300)
  .regex(/^[A-Za-z0-9][\w.:/@-]*$/, 'Expected an image such as node:20 or registry.example.org/team/tool:1.');
const command = z.union(
  [text.min(1), z.tuple([text.min(1)], text)],
  'Expected a text for `sh -ec`, or a program and its arguments as an array of texts.',
);

const step = z
  .strictObject({
    name: name.describe('Told apart from the other steps by it.'),
    run: command
      .optional()
      .describe('A program and its arguments as an array, or a text that `sh -ec` runs exactly as it is.'),
    uses: text
      .regex(/^[\w.-]+(@[^@]+)?$/, 'Expected NAME, or NAME@FOLDER.')
      .optional()
      .describe('A program instead of `run`: NAME of the image, or NAME@FOLDER of the workspace. Takes `with`.'),
    with: z.record(name, text).optional().describe('Inputs of `uses`: each is the variable INPUT_<NAME>.'),
    image: image.optional().describe('Default: the image of the job.'),
    env: variables.default({}),
    workdir: relative.default('.').describe('Below the workspace, which it begins in.'),
    timeout: duration.default('PT1H'),
    continueOnError: z.boolean().default(false).describe('The run goes on as if the step had succeeded.'),
    if: z.string().max(1000).optional().describe('Condition, such as failure() or always(). Default success().'),
  })
  .superRefine((value, context) => {
    if ((value.run === undefined) === (value.uses === undefined)) {
      context.addIssue({ code: 'custom', path: ['run'], message: 'Expected either `run` or `uses`.' });
    }
    if (value.with && value.uses === undefined) {
      context.addIssue({ code: 'custom', path: ['with'], message: 'Expected `with` beside `uses` only.' });
    }
  });

export const stepsInput = z
  .strictObject({
    image: image.optional().describe('Image of the steps that name none.'),
    workspace: z
      .strictObject({ files: z.record(relative, text).describe('Texts by path; they are executable.') })
      .optional()
      .describe('What the workspace begins with. Default: nothing.'),
    env: variables.default({}).describe('Variables of every step.'),
    steps: z.array(step).min(1).max(100),
    artifacts: z
      .array(relative)
      .max(100)
      .default([])
      .describe('Files of the workspace to keep: paths or patterns with *, ** and ?.'),
    network: z.boolean().default(false).describe('Containers have a network, if the configuration allows it.'),
    limits: z
      .strictObject({
        memoryMiB: z.int().min(8),
        cpus: z.number().min(0.01),
        processes: z.int().min(1),
        fileMiB: z.int().min(1),
      })
      .partial()
      .default({})
      .describe('Less than the configuration allows each step.'),
  })
  .superRefine(({ env, steps }, context) => {
    const before: string[] = [];
    const fault = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    checkReferences(env, ['env'], []);
    for (const [index, { name, if: condition, env }] of steps.entries()) {
      if (before.includes(name)) fault(['steps', index, 'name'], 'Expected a name of its own.');
      checkReferences(env, ['steps', index, 'env'], before);
      try {
        const unknown = condition && parseCondition(condition).names.find((one) => !before.includes(one));
        if (unknown) fault(['steps', index, 'if'], `Expected the name of an earlier step, got "${unknown}".`);
      } catch (error) {
        if (!(error instanceof ConditionFault)) throw error;
        fault(['steps', index, 'if'], error.message);
      }
      before.push(name);
    }

    function checkReferences(values: Record<string, string>, path: PropertyKey[], known: string[]): void {
      for (const [key, value] of Object.entries(values)) {
        const { steps: named, faults } = referencesIn(value);
        const unknown = named.find((one) => !known.includes(one));
        if (faults.length > 0) fault([...path, key], `Expected \${{ steps.NAME.outputs.X }}, got ${faults[0]}.`);
        if (unknown) fault([...path, key], `Expected the name of an earlier step, got "${unknown}".`);
      }
    }
  });

export type StepsInput = z.output<typeof stepsInput>;
export type StepInput = StepsInput['steps'][number];

/** The step's condition; without one, that all went well before. */
export function conditionOf({ if: condition }: StepInput): Condition {
  return parseCondition(condition ?? 'success()');
}

/** Program and arguments, with the variables that go with them. */
export function commandOf({ run, uses = '', with: inputs = {}, workdir }: StepInput): {
  argv: string[];
  env: Record<string, string>;
} {
  if (run !== undefined) return { argv: typeof run === 'string' ? ['sh', '-ec', run] : run, env: {} };
  const [program = '', folder] = uses.split('@');
  const env = Object.entries(inputs).map(([key, value]) => [`INPUT_${key.toUpperCase().replaceAll('-', '_')}`, value]);
  return { argv: [folder === undefined ? program : pathOf(program, folder, workdir)], env: Object.fromEntries(env) };
}

/** From the working folder, where the step begins, unless the image holds it. */
function pathOf(program: string, folder: string, workdir: string): string {
  if (folder.startsWith('/')) return posix.join(folder, program);
  const path = posix.join(posix.relative(workdir, folder), program);
  return path.startsWith('../') ? path : `./${path}`;
}

function isBelow(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}

function isDuration(value: string): boolean {
  try {
    parseDuration(value);
    return durationMs(value) < 2 ** 31;
  } catch {
    return false;
  }
}
