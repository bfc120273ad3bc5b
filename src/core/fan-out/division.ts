/** Members that one workflow runs without help of others. */
const mostMembersAlone = 1000;
/** Chunks or parts of one workflow: its history has some ten events for each. */
const mostUnits = 50;
/** A chunk runs so many members at a time, unless it is the only one. */
const usualConcurrency = 10;

export interface Range {
  /** Index of the first member. */
  from: number;
  /** Index behind the last. */
  to: number;
}

/** Members that one workflow of a fan-out answers for. */
export interface PartRange extends Range {
  /** Members of a chunk. */
  chunk: number;
  /** Chunks that run at a time, in all parts of it. */
  parallel: number;
  /** Below the workflow that the run started. */
  depth: number;
}

/** What a part is made of: chunks, or parts of its own. */
export type Division = { kind: 'chunks'; units: Range[] } | { kind: 'parts'; units: PartRange[] };

/**
 * How a fan-out is cut. Small ones have small chunks, so that their progress shows and all workers have a share.
 * @param window members at a time, at most
 * @param chunk members of a chunk, at most
 */
export function wholeRange(total: number, window: number, chunk: number): PartRange & { concurrency: number } {
  const size = Math.max(1, Math.min(chunk, Math.ceil(total / mostUnits)));
  const chunks = Math.max(1, Math.ceil(total / size));
  const wanted = Math.ceil(window / Math.min(usualConcurrency, size));
  const parallel = Math.max(1, Math.min(chunks, wanted, mostUnits, window));
  const concurrency = Math.floor(window / parallel);
  return { from: 0, to: total, chunk: size, parallel, depth: 0, concurrency };
}

export function divide(part: PartRange): Division {
  const { from, to, chunk, parallel, depth } = part;
  const chunks = Math.ceil((to - from) / chunk);
  const alone = depth > 0 || to - from <= mostMembersAlone;
  if (chunks <= mostUnits && (alone || chunks <= 1)) {
    return { kind: 'chunks', units: cut(part, chunks) };
  }
  const wanted = Math.max(Math.ceil(chunks / mostUnits), alone ? 1 : Math.ceil((to - from) / mostMembersAlone));
  const count = Math.min(mostUnits, chunks, wanted);
  const units = cut(part, count).map((range, at) => {
    const share = Math.floor(parallel / count) + (at < parallel % count ? 1 : 0);
    return { ...range, chunk, parallel: Math.max(1, share), depth: depth + 1 };
  });
  return { kind: 'parts', units };
}

/** Into `count` ranges of whole chunks, as equal as can be. */
function cut({ from, to, chunk }: PartRange, count: number): Range[] {
  const chunks = Math.ceil((to - from) / chunk);
  const edge = (at: number) => Math.min(to, from + Math.floor((at * chunks) / count) * chunk);
  return Array.from({ length: count }, (_, at) => ({ from: edge(at), to: edge(at + 1) }));
}
