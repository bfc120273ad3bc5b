/**
 * Whether a name fits a pattern: `*` any characters but `/`, `**` any at all, `?` one character but `/`. In a path,
 * `**` followed by a slash also stands for no folder at all. Takes time in proportion to both lengths, whatever the
 * pattern.
 */
export function fits(pattern: string, name: string): boolean {
  const parts = partsOf(pattern);
  let states = reach(new Set([0]), parts);
  for (const character of name) {
    const next = new Set<number>();
    for (const state of states) {
      const part = parts[state];
      if (part === undefined) continue;
      if (part === '**/' || part === '**') next.add(state);
      if (part === '*' && character !== '/') next.add(state);
      if (part === '?' && character !== '/') next.add(state + 1);
      if (part === '**/' && character === '/') next.add(state + 1);
      if (part === `=${character}`) next.add(state + 1);
    }
    states = reach(next, parts);
  }
  return states.has(parts.length);
}

/** Literal characters are marked, so that they are told from what stands for others. */
function partsOf(pattern: string): string[] {
  const parts = pattern.match(/(?<=^|\/)\*\*\/|\*\*|\*|\?|[\s\S]/gu) ?? [];
  return parts.map((part) => (/^(\*\*\/|\*\*|\*|\?)$/.test(part) ? part : `=${part}`));
}

/** A state where nothing more need be read stands for the next as well. */
function reach(states: Set<number>, parts: string[]): Set<number> {
  for (const state of states) if (/^\*/.test(parts[state] ?? '')) states.add(state + 1);
  return states;
}
