import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isInteger(number)) throw new InvalidArgumentError('Expected a whole number.');
  return number;
}

export function collectLabel(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected key=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** The values of a list flag: repeated, or parted by commas. */
export function collectList(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').filter(Boolean)];
}

/** The values that were given. */
export function present(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The values that were given, as a part of a definition; undefined when none was. */
export function group(values: Record<string, unknown>): Record<string, unknown> | undefined {
  const given = present(values);
  return Object.keys(given).length > 0 ? given : undefined;
}
