/** One field of a definition that differs; an absent side: the field is not there. */
export interface Change {
  /** Dotted; positions in lists are numbers. */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** Fields that differ between two definitions, by path in the order they are written in. Mappings are compared inside. */
export function changesOf(before: unknown, after: unknown): Change[] {
  const old = leavesOf(before);
  const fresh = leavesOf(after);
  const changes: Change[] = [];
  for (const path of new Set([...old.keys(), ...fresh.keys()])) {
    const [one, other] = [old.get(path), fresh.get(path)];
    if (JSON.stringify(one) === JSON.stringify(other)) continue;
    changes.push({ path, ...(old.has(path) && { before: one }), ...(fresh.has(path) && { after: other }) });
  }
  return changes;
}

/** Values that have nothing inside, by path; empty mappings and lists are such. */
function leavesOf(value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) {
    if (value !== undefined) into.set(path, value);
    return into;
  }
  for (const [name, inner] of entries) leavesOf(inner, path ? `${path}.${name}` : name, into);
  return into;
}

/** A sign for each line of two lists: `-` only in the first, `+` only in the second, a space in both; in order. */
export function mergedLines(before: string[], after: string[]): { sign: '-' | '+' | ' '; line: string }[] {
  const [old, fresh] = [new Set(before), new Set(after)];
  return [...new Set([...before, ...after])].sort().map((line) => ({
    sign: !fresh.has(line) ? '-' : !old.has(line) ? '+' : ' ',
    line,
  }));
}
