import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { durationMs } from '../../../core/duration.js';
import { CarillonError } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import type { Sandbox, SandboxOrder } from '../../sandbox/sandbox.js';
import { imagesOf } from './images.js';
import type { StepsInput } from './input.js';
import { limitsOf } from './limits.js';

const defaultEngine = '/var/run/docker.sock';
/** After the last moment that steps can take: for the rest of the run. */
const marginMs = 3_600_000;

/**
 * A sandbox as the configuration has it: containers where an engine answers, else processes where these are allowed.
 * @returns with the image of each step
 * @throws CarillonError STEPS_UNAVAILABLE, IMAGE_FORBIDDEN, NETWORK_FORBIDDEN, TASK_INPUT_INVALID, ENGINE_FAILED
 */
export async function openSandbox(
  context: TaskContext,
  input: StepsInput,
): Promise<{ sandbox: Sandbox; images?: string[] }> {
  const { project, runId, attempt, log, signal } = context;
  const { docker, processes = false, folder, limits } = context.settings.steps ?? {};
  const order: SandboxOrder = {
    ...{ project, runId, attempt },
    files: input.workspace?.files ?? {},
    limits: limitsOf(input.limits, limits),
    until: Date.now() + input.steps.reduce((sum, { timeout }) => sum + durationMs(timeout), marginMs),
    warn: (message, fields) => log.warn(message, fields),
  };
  const address = docker?.engine ?? defaultEngine;
  if (docker) {
    const { connectEngine } = await import('../../sandbox/docker/engine.js');
    const engine = await connectEngine(address);
    if (engine) {
      const images = imagesOf(input, docker.images);
      const network = networkOf(input, docker.network);
      const { openContainerSandbox } = await import('../../sandbox/docker/container-sandbox.js');
      const { pull = 'missing', user = '65534:65534' } = docker;
      const sandbox = await openContainerSandbox(engine, order, { images, pull, user, network, signal });
      return { sandbox, images };
    }
  }
  if (!processes) throw unavailable(docker && address);
  if (docker) log.warn(`No container engine answers at ${address}: the steps run as processes.`);
  if (input.image ?? input.steps.find(({ image }) => image)) log.warn('Processes have no image: `image` is ignored.');
  const { openProcessSandbox } = await import('../../sandbox/process/process-sandbox.js');
  const root = folder ?? join(tmpdir(), `carillon-steps-${process.getuid?.() ?? 'user'}`);
  return { sandbox: await openProcessSandbox(order, { root, now: Date.now }) };
}

function networkOf({ network }: StepsInput, allowed: string | undefined): string {
  if (!network) return 'none';
  if (allowed !== undefined) return allowed;
  throw new CarillonError('NETWORK_FORBIDDEN', 'Expected `input.network` to be false, got true.', {
    field: 'input.network',
    value: true,
    hint: 'Name the network that steps may have in `steps.docker.network`, such as bridge.',
  });
}

function unavailable(engine: string | undefined): CarillonError {
  const found = engine ? `none answers at ${engine}` : 'none is configured';
  return new CarillonError('STEPS_UNAVAILABLE', `Expected a container engine for the steps, got none: ${found}.`, {
    field: 'steps.docker.engine',
    value: engine,
    hint: 'Name an engine and its images in `steps.docker`, or let steps run as processes by `steps.processes: true`.',
  });
}
