import type { StepFacts } from './condition.js';

/** What steps may hand on: `${{ steps.NAME.outputs.X }}` in the values of variables. */
const reference = /\$\{\{\s*steps\.([A-Za-z_][\w-]*)\.outputs\.([A-Za-z_][\w-]*)\s*\}\}/g;
const anyReference = /\$\{\{[\s\S]*?\}\}/g;

/** Values with the outputs put in. They stay values: nothing in an output is looked at again. */
export function fillIn(env: Record<string, string>, facts: StepFacts): Record<string, string> {
  const filled = Object.entries(env).map(([name, value]) => [
    name,
    value.replace(reference, (_, step: string, output: string) => facts.steps.get(step)?.outputs.get(output) ?? ''),
  ]);
  return Object.fromEntries(filled);
}

/** Steps that a value names, and references that do not read. */
export function referencesIn(value: string): { steps: string[]; faults: string[] } {
  const steps = [...value.matchAll(reference)].map((match) => match[1] as string);
  const faults = (value.match(anyReference) ?? []).filter((text) => text.replace(reference, '') !== '');
  return { steps, faults };
}

/** Reads `name=value` lines. Later ones win; what is no such line is returned in `faults` by its number. */
export function readOutputs(text: string): { outputs: Map<string, string>; faults: number[] } {
  const outputs = new Map<string, string>();
  const faults: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, name, value] = /^([A-Za-z_][\w-]*)=([^\0]*)$/.exec(line.replace(/\r$/, '')) ?? [];
    if (name !== undefined && value !== undefined) outputs.set(name, value);
    else if (line.trim() !== '') faults.push(index + 1);
  }
  return { outputs, faults };
}
