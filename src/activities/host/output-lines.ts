/** What one attempt may print, both streams together. What is more is counted and left out. */
export interface OutputBudget {
  lines: number;
  bytes: number;
  /** Bytes that were left out. */
  omitted: number;
}

export function outputBudget(): OutputBudget {
  return { lines: 10_000, bytes: 4 * 1024 * 1024, omitted: 0 };
}

const longestLine = 8 * 1024;

/** Parts one stream of a host into lines, and into attempts by the marks between them. */
export class OutputLines {
  #budget: OutputBudget | undefined;
  #line = Buffer.alloc(0);
  #mark = Buffer.alloc(0);
  /** The end of what came, in case the mark is split. */
  #tail = Buffer.alloc(0);
  #emit: (line: string) => void = () => {};
  #ended: () => void = () => {};

  /** The next attempt begins. @returns when the mark was read, or the stream ended: all lines were emitted then */
  begin(mark: string, budget: OutputBudget, emit: (line: string) => void): Promise<void> {
    this.#mark = Buffer.from(mark);
    this.#budget = budget;
    this.#emit = emit;
    return new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  write(chunk: Buffer): void {
    if (!this.#budget) return;
    const text = this.#tail.length > 0 ? Buffer.concat([this.#tail, chunk]) : chunk;
    const at = text.indexOf(this.#mark);
    if (at >= 0) {
      this.#tail = Buffer.alloc(0);
      this.#take(text.subarray(0, at));
      this.end();
      return;
    }
    // All but what may be the beginning of the mark.
    const sure = Math.max(0, text.length - this.#mark.length + 1);
    this.#take(text.subarray(0, sure));
    this.#tail = Buffer.from(text.subarray(sure));
  }

  /** No more belongs to this attempt. */
  end(): void {
    if (this.#budget) this.#take(this.#tail);
    this.#flush();
    this.#tail = Buffer.alloc(0);
    this.#budget = undefined;
    this.#ended();
  }

  #take(text: Buffer): void {
    const budget = this.#budget as OutputBudget;
    let start = 0;
    while (start < text.length) {
      if (budget.lines <= 0 || budget.bytes <= 0) {
        budget.omitted += text.length - start;
        return;
      }
      const newline = text.indexOf(10, start);
      const room = start + longestLine - this.#line.length;
      const end = Math.min(newline < 0 ? text.length : newline, room);
      this.#line = Buffer.concat([this.#line, text.subarray(start, end)]);
      if (end === newline || end === room) this.#flush();
      start = end === newline ? end + 1 : end;
    }
  }

  #flush(): void {
    if (this.#line.length === 0 || !this.#budget) return;
    this.#budget.lines -= 1;
    this.#budget.bytes -= this.#line.length;
    this.#emit(this.#line.toString().replace(/\r$/, ''));
    this.#line = Buffer.alloc(0);
  }
}
