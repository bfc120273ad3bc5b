import type { Key } from './table.js';

type Part = { S: string } | { N: string } | { base64: string };

/** Where the scan of a part is, as plain JSON: the key it goes on after. */
export type Position = 'start' | 'done' | Record<string, Part>;

/** @param next LastEvaluatedKey of the page; undefined after the last one */
export function positionAfter(next: Key | undefined): Position {
  if (!next) return 'done';
  const parts = Object.entries(next).map(([name, value]): [string, Part] => {
    if (value.B) return [name, { base64: Buffer.from(value.B).toString('base64') }];
    return [name, value.N === undefined ? { S: value.S as string } : { N: value.N }];
  });
  return Object.fromEntries(parts);
}

export function keyAt(position: Exclude<Position, 'done'>): Key | undefined {
  if (position === 'start') return undefined;
  const parts = Object.entries(position).map(([name, part]): [string, Key[string]] => [
    name,
    'base64' in part ? { B: Buffer.from(part.base64, 'base64') } : part,
  ]);
  return Object.fromEntries(parts);
}
