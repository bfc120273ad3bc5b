/** Which members of a range are done: a bit for each, so that a heartbeat holds thousands. */
export class Marks {
  readonly #bits: Uint8Array;

  /** @param text of {@link toString}, of the same length */
  constructor(length: number, text = '') {
    this.#bits = new Uint8Array(Math.ceil(length / 8));
    this.#bits.set(Buffer.from(text, 'base64').subarray(0, this.#bits.length));
  }

  has(at: number): boolean {
    return ((this.#bits[at >> 3] as number) & (1 << (at & 7))) !== 0;
  }

  add(at: number): void {
    (this.#bits[at >> 3] as number) |= 1 << (at & 7);
  }

  toString(): string {
    return Buffer.from(this.#bits).toString('base64');
  }
}
