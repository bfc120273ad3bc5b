import { shortestSecret } from '../../core/secret.js';

/** Of base64: what is left of a secret that begins amid a triple of bytes. */
const shortestCore = 6;
const stars = '***';

/**
 * Hides what secrets a run has read, in whatever form they come: as they are, line by line, as JSON, in a URL, in base64
 * alone or within something longer (`user:password`).
 */
export class Mask {
  readonly #forms = new Set<string>();
  #pattern?: RegExp;

  /** @param secret at least {@link shortestSecret} characters */
  add(secret: string): void {
    const before = this.#forms.size;
    for (const form of formsOf(secret)) this.#forms.add(form);
    if (this.#forms.size !== before) this.#pattern = undefined;
  }

  /** The text with stars for secrets. */
  text(text: string): string {
    if (this.#forms.size === 0) return text;
    this.#pattern ??= new RegExp(
      [...this.#forms]
        .sort((one, other) => other.length - one.length)
        .map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
        .join('|'),
      'g',
    );
    return text.replace(this.#pattern, stars);
  }

  /** The same of a text that was cut off at its end, perhaps in the middle of a secret. */
  cutText(text: string): string {
    let longest = 0;
    for (const form of this.#forms) {
      for (let length = Math.min(form.length, text.length); length > Math.max(longest, shortestSecret - 1); length--) {
        if (text.endsWith(form.slice(0, length))) longest = length;
      }
    }
    return longest > 0 ? `${this.text(text.slice(0, -longest))}${stars}` : this.text(text);
  }

  /** Plain JSON with stars for secrets in every text and name. The same value when there is nothing to hide. */
  deep<Value>(value: Value): Value {
    return this.#forms.size === 0 ? value : (this.#deep(value) as Value);
  }

  #deep(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => this.#deep(one));
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [this.text(name), this.#deep(inner)]));
  }
}

function* formsOf(secret: string): Generator<string> {
  const lines = secret.split(/\r?\n/).filter((line) => line.trim().length >= shortestSecret);
  for (const text of new Set([secret, ...(lines.length > 1 || lines[0] !== secret ? lines : [])])) {
    yield text;
    yield JSON.stringify(text).slice(1, -1);
    const url = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
    yield url;
    yield url.replaceAll('%20', '+');
    yield url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
    yield new URLSearchParams([['', text]]).toString().slice(1);
  }
  for (let before = 0; before < 3; before++) yield* base64Cores(secret, before);
}

/** What base64 of anything that holds the secret, `before` bytes into a triple, has in common. */
function* base64Cores(secret: string, before: number): Generator<string> {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  const text = bytes.toString('base64').replace(/=+$/, '');
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  const core = text.slice(first, last);
  if (core.length < shortestCore) return;
  yield core;
  yield core.replaceAll('+', '-').replaceAll('/', '_');
}
