/** What is known of those who were here last: whoever was not here for longest makes room for the next. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>();

  constructor(private readonly capacity: number) {}

  /** What is known of `key`, or what `create` makes; in either case it was here last. */
  of(key: string, create: () => Value): Value {
    const value = this.#values.get(key) ?? create();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.capacity) {
      const [oldest] = this.#values.keys();
      this.#values.delete(oldest as string);
    }
    return value;
  }

  /** What is known of `key`, leaving its place as it is. */
  peek(key: string): Value | undefined {
    return this.#values.get(key);
  }
}
