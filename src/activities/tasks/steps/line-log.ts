import type { OutputStream } from '../../sandbox/sandbox.js';

/** What a step may print into the log: the rest is read and dropped, so that the step goes on. */
export const printedBytes = 10 * 1024 * 1024;
export const printedLines = 100_000;
/** A longer line is shown in pieces. */
const longestLine = 16 * 1024;

export interface LineLogOptions {
  line(stream: OutputStream, text: string): void;
  /** Called once, when more is printed than is shown. */
  cut(): void;
  bytes?: number;
  lines?: number;
}

/** Makes lines of what a step prints. Holds no more than a line of each stream. */
export class LineLog {
  readonly #parts = { stdout: new Part(), stderr: new Part() };
  #bytes: number;
  #lines: number;
  #open = true;

  constructor(private readonly options: LineLogOptions) {
    this.#bytes = options.bytes ?? printedBytes;
    this.#lines = options.lines ?? printedLines;
  }

  /** @returns whether more is shown */
  print(stream: OutputStream, chunk: Uint8Array): boolean {
    if (!this.#open) return false;
    for (const line of this.#parts[stream].add(chunk.subarray(0, this.#bytes))) {
      if (this.#lines-- === 0) break;
      this.options.line(stream, line);
    }
    this.#bytes -= chunk.length;
    if (this.#bytes >= 0 && this.#lines >= 0) return true;
    if (this.#lines >= 0) this.end();
    this.#open = false;
    this.options.cut();
    return false;
  }

  /** Shows what came without an end of line. */
  end(): void {
    if (!this.#open) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#parts[stream].end();
      if (rest !== '') this.options.line(stream, rest);
    }
  }
}

class Part {
  #decoder = new TextDecoder();
  #rest = '';

  *add(chunk: Uint8Array): Generator<string> {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) yield* pieces(line.replace(/\r$/, ''));
    while (this.#rest.length > longestLine) {
      yield this.#rest.slice(0, longestLine);
      this.#rest = this.#rest.slice(longestLine);
    }
  }

  end(): string {
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = '';
    return rest;
  }
}

function* pieces(line: string): Generator<string> {
  if (line.length <= longestLine) yield line;
  else for (let at = 0; at < line.length; at += longestLine) yield line.slice(at, at + longestLine);
}
