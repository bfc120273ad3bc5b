import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair } from 'yaml';

/** What of a field people are to look at. */
export type Aspect = 'key' | 'value';

/**
 * Offset in the text of the field at a dotted path: its value if that is a scalar and asked for, else its key. Where the
 * path leads nowhere (a missing field, or none), the last part that exists.
 */
export function offsetOf(document: Document.Parsed, path: string, aspect: Aspect): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? document.range[0];
  let rest = path === '(root)' ? '' : path;
  while (rest !== '') {
    const step = stepInto(document, node, rest);
    // A schedule written as text has its fields inside the text.
    if (!step) return (aspect === 'value' && isScalar(node) ? startOf(node) : undefined) ?? offset;
    const value = aspect === 'value' && step.rest === '' && isScalar(step.node) ? startOf(step.node) : undefined;
    offset = value ?? step.offset;
    node = step.node;
    rest = step.rest;
  }
  return offset;
}

interface Step {
  node: unknown;
  /** Where the key, or the item, stands. */
  offset: number;
  rest: string;
}

function stepInto(document: Document.Parsed, node: unknown, path: string): Step | undefined {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(target)) {
    const [index = '', ...rest] = path.split('.');
    const item = target.items[Number(index)];
    const offset = startOf(item);
    return offset === undefined ? undefined : { node: item, offset, rest: rest.join('.') };
  }
  if (!isMap(target)) return undefined;
  // Keys may hold dots themselves (labels do): the longest that fits is meant.
  const fitting = target.items.filter((pair) => path === keyOf(pair) || path.startsWith(`${keyOf(pair)}.`));
  const pair = fitting.sort((a, b) => keyOf(b).length - keyOf(a).length)[0];
  const offset = startOf(pair?.key);
  return pair && offset !== undefined
    ? { node: pair.value, offset, rest: path.slice(keyOf(pair).length + 1) }
    : undefined;
}

function keyOf({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
