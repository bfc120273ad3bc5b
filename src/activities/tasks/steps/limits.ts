import { CarillonError } from '../../../core/errors.js';
import type { StepLimits } from '../../../core/task/services.js';

const usual: StepLimits = { memoryMiB: 1024, cpus: 1, processes: 256, fileMiB: 1024 };

/**
 * What each step may use: what the job asks for, else what the configuration allows.
 * @throws CarillonError TASK_INPUT_INVALID when it asks for more
 */
export function limitsOf(asked: Partial<StepLimits>, allowed: Partial<StepLimits> = {}): StepLimits {
  const bounds = { ...usual, ...allowed };
  for (const key of Object.keys(usual) as (keyof StepLimits)[]) {
    const value = asked[key];
    if (value === undefined || value <= bounds[key]) continue;
    throw new CarillonError(
      'TASK_INPUT_INVALID',
      `Expected \`input.limits.${key}\` to be at most ${bounds[key]}, got ${value}.`,
      { field: `input.limits.${key}`, value, hint: `Ask for less, or raise \`steps.limits.${key}\`.` },
    );
  }
  return { ...bounds, ...asked };
}
