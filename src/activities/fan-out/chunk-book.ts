import type { ChunkProgress, ChunkRequest, Tally } from '../../core/fan-out/contract.js';
import { emptyTally, nameFailure } from '../../core/fan-out/tally.js';
import { memberRunId } from '../../core/ids.js';
import type { RunError } from '../../core/run.js';
import type { TaskFiles } from '../../core/task/services.js';
import { Marks } from './marks.js';

/** Failures held before they are written. */
const heldFailures = 200;

interface HeldFailure {
  index: number;
  item: unknown;
  error: RunError;
}

/**
 * What is done of a chunk. A failed member counts as done when its failure is written: an attempt that dies before leaves
 * it to the next one, so that no failure is lost.
 */
export class ChunkBook {
  readonly #tally: Tally;
  readonly #marks: Marks;
  #held: HeldFailure[] = [];
  #writing: Promise<void> = Promise.resolve();

  /** @param before what an attempt before this one kept */
  constructor(
    private readonly request: ChunkRequest,
    private readonly files: TaskFiles,
    /** Tells apart what attempts write. */
    private readonly attempt: number,
    before?: ChunkProgress,
  ) {
    const { marks, ...tally } = before ?? { ...emptyTally(), marks: '' };
    this.#tally = structuredClone(tally);
    this.#marks = new Marks(request.to - request.from, marks);
  }

  isDone(index: number): boolean {
    return this.#marks.has(index - this.request.from);
  }

  /** Those not written yet count. */
  get failed(): number {
    return this.#tally.failed + this.#held.length;
  }

  get progress(): ChunkProgress {
    return { ...this.#tally, marks: this.#marks.toString() };
  }

  end(index: number, as: 'succeeded' | 'skipped'): void {
    this.#tally[as] += 1;
    this.#marks.add(index - this.request.from);
  }

  async fail(index: number, item: unknown, error: RunError): Promise<void> {
    this.#held.push({ index, item, error });
    if (this.#held.length >= heldFailures) await this.write();
  }

  /** Writes the failures that are held. */
  write(): Promise<void> {
    const written = this.#writing.catch(() => {}).then(() => this.#write());
    this.#writing = written;
    return written;
  }

  async #write(): Promise<void> {
    const failures = this.#held.sort((a, b) => a.index - b.index);
    if (failures.length === 0) return;
    const { folder, from, run } = this.request;
    const name = `${folder}/failures-${from}-${this.attempt}-${this.#tally.logs.length}.ndjson`;
    const lines = failures.map(({ index, item, error }) =>
      JSON.stringify({ index, runId: memberRunId(run.runId, index), ...error, item }),
    );
    const count = failures.length;
    await this.files.put(name, `${lines.join('\n')}\n`, { contentType: 'application/x-ndjson' });
    // Others may have failed meanwhile: they are behind these.
    this.#held = this.#held.slice(count);
    this.#tally.logs.push(name);
    this.#tally.failed += count;
    for (const { index, error } of failures.slice(0, count)) {
      nameFailure(this.#tally, { index, ...error });
      this.#marks.add(index - from);
    }
  }
}
