import { CarillonError, show } from '../../../core/errors.js';
import { fits } from './glob.js';
import type { StepsInput } from './input.js';

/** The image of each step. @throws CarillonError TASK_INPUT_INVALID, IMAGE_FORBIDDEN */
export function imagesOf({ image, steps }: StepsInput, allowed: string[]): string[] {
  return steps.map((step, index) => {
    const own = step.image ?? image;
    const field = step.image === undefined ? 'input.image' : `input.steps.${index}.image`;
    if (own === undefined) {
      throw new CarillonError('TASK_INPUT_INVALID', `Expected \`${field}\` to be an image, got nothing.`, {
        field,
        hint: `Steps run in containers here. Allowed: ${list(allowed)}.`,
      });
    }
    if (!allowed.some((pattern) => fits(pattern, own))) {
      throw new CarillonError('IMAGE_FORBIDDEN', `Expected \`${field}\` to be an allowed image, got ${show(own)}.`, {
        field,
        value: own,
        hint: `Allowed: ${list(allowed)}. Others are added to \`steps.docker.images\`.`,
      });
    }
    return own;
  });
}

function list(allowed: string[]): string {
  return allowed.length > 0 ? allowed.join(', ') : 'none';
}
