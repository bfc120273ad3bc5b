import type { z } from 'zod';
import { definitionSchema } from '../../core/definition.js';
import { CarillonError } from '../../core/errors.js';
import { schemaFault } from '../../core/schema-fault.js';
import { withOwner } from '../access/ownership.js';
import type { Context } from '../context.js';
import type { patchInput } from '../inputs.js';
import type { JobRefs } from '../temporal/gateway.js';
import type { CommandView } from '../views.js';
import { commandJob } from './command.js';
import { mergePatch } from './merge-patch.js';
import { changed } from './read.js';
import { currentDefinition, prepareSuccessor } from './redefine.js';
import { sourceOf } from './source.js';

type Patch = Omit<z.output<typeof patchInput>, 'id' | 'project'>;

/** Tries before a request gives way to others that change the same job. */
const maximumTries = 5;

/**
 * Changes what the patch names, in the definition as it can be submitted again.
 * @throws CarillonError JOB_CHANGED, or what is wrong with the definition that comes of it
 */
export async function patchJob(context: Context, ref: JobRefs, input: Patch): Promise<CommandView> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await patchOnce(context, ref, input);
    } catch (error) {
      const overtaken = error instanceof CarillonError && error.code === 'JOB_CHANGED';
      if (!overtaken || input.ifVersion !== undefined || attempt === maximumTries) throw error;
    }
  }
}

async function patchOnce(
  context: Context,
  ref: JobRefs,
  { patch, ifVersion, commandId, by }: Patch,
): Promise<CommandView> {
  const current = await currentDefinition(context, ref);
  // An earlier one is refused by the job itself, unless it knows the command; a later one was never read here.
  if (ifVersion !== undefined && ifVersion > current.definitionVersion) {
    throw changed(ifVersion, current.definitionVersion);
  }
  const patched = mergePatch(sourceOf(current.definition, context.registry), patch);
  const parsed = definitionSchema.safeParse(patched);
  if (!parsed.success) throw schemaFault(parsed.error, patched);
  await context.quota.assertPayload(ref.project, parsed.data.input);
  const definition = withOwner(context.caller, ref.project, parsed.data, current.definition);
  const prepared = await prepareSuccessor(context, ref, definition, current.definition);
  const expected = ifVersion ?? current.definitionVersion;
  return commandJob(context, ref, 'update', { commandId, by, ifVersion: expected, definition, prepared });
}
