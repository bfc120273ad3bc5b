import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KeyRing } from '../../../keyring/key-ring.js';

export interface SealedCookieOptions {
  /** `session`: the cookie is `__Host-carillon-session` where browsers come by https, else `carillon-session`. */
  name: 'session' | 'login';
  secure: boolean;
  /** What the content belongs to: cookies of another provider or client cannot be opened. */
  context: string;
  keyRing: KeyRing;
  now: () => number;
}

/** Longest cookie, in characters: browsers drop those over 4096 with their name and attributes. */
const maxLength = 3900;

/** A cookie that the browser keeps and cannot read or change. It says itself until when it is good. */
export class SealedCookie<Content extends object> {
  readonly name: string;
  readonly #options: SealedCookieOptions;

  constructor(options: SealedCookieOptions) {
    this.name = `${options.secure ? '__Host-' : ''}carillon-${options.name}`;
    this.#options = options;
  }

  /**
   * Gives it to the browser.
   * @param until milliseconds since the epoch
   * @returns false when the content is too large: then nothing is sent
   */
  write(reply: FastifyReply, content: Content, until: number): boolean {
    const { keyRing, now } = this.#options;
    const sealed = keyRing.seal('session', Buffer.from(JSON.stringify({ content, until })), this.#context);
    const maxAge = Math.max(0, Math.floor((until - now()) / 1000));
    const line = this.#line(sealed.toString('base64url'), maxAge);
    if (line.length > maxLength) return false;
    reply.header('set-cookie', line);
    return true;
  }

  /** What the browser sends; `none`: nothing, `bad`: altered, expired, or not of this installation. */
  read(request: FastifyRequest): { content: Content; until: number } | 'none' | 'bad' {
    const cookies = (request.headers.cookie ?? '').split(';').map((one) => one.trim());
    const text = cookies.find((one) => one.startsWith(`${this.name}=`))?.slice(this.name.length + 1);
    if (!text) return 'none';
    try {
      const opened = this.#options.keyRing.open('session', Buffer.from(text, 'base64url'), this.#context);
      const sealed = JSON.parse(opened.toString()) as { content: Content; until: number };
      return sealed.until > this.#options.now() ? sealed : 'bad';
    } catch {
      return 'bad';
    }
  }

  /** Takes it away from the browser. */
  clear(reply: FastifyReply): void {
    reply.header('set-cookie', this.#line('', 0));
  }

  #line(value: string, maxAge: number): string {
    const secure = this.#options.secure ? '; Secure' : '';
    return `${this.name}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Lax${secure}`;
  }

  get #context(): string {
    return `${this.#options.name} ${this.#options.context}`;
  }
}
