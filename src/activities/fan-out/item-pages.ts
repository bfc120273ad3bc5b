import type { Range } from '../../core/fan-out/division.js';
import type { TaskFiles } from '../../core/task/services.js';
import { linesOf } from './lines.js';

/** Items of one object. */
const pageLength = 500;

/** Writes items as numbered NDJSON objects; holds one page of them at a time. */
export class PageWriter {
  #lines: string[] = [];
  #total = 0;

  constructor(
    private readonly files: TaskFiles,
    private readonly folder: string,
  ) {}

  get total(): number {
    return this.#total;
  }

  /** @param line the item as JSON */
  async add(line: string): Promise<void> {
    this.#lines.push(line);
    this.#total += 1;
    if (this.#lines.length === pageLength) await this.#write();
  }

  async end(): Promise<void> {
    if (this.#lines.length > 0) await this.#write();
  }

  async #write(): Promise<void> {
    const page = Math.floor((this.#total - 1) / pageLength);
    const body = `${this.#lines.splice(0).join('\n')}\n`;
    await this.files.put(pageName(this.folder, page), body, { contentType: 'application/x-ndjson' });
  }
}

/** The items of a range with their indices, read as they are taken. */
export async function* readItemsOf(
  files: TaskFiles,
  folder: string,
  { from, to }: Range,
): AsyncGenerator<{ index: number; item: unknown }> {
  for (let page = Math.floor(from / pageLength); page * pageLength < to; page++) {
    let index = page * pageLength;
    for await (const line of linesOf(await files.get(pageName(folder, page)))) {
      if (index >= to) return;
      if (index >= from) yield { index, item: JSON.parse(line) };
      index += 1;
    }
  }
}

function pageName(folder: string, page: number): string {
  return `${folder}/items-${String(page).padStart(6, '0')}.ndjson`;
}
