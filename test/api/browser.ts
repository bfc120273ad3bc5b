/** A browser as far as logins need one: cookies for each origin, and no following of redirects by itself. */
export class Browser {
  readonly #cookies = new Map<string, { path: string; value: string }>();
  readonly #hosts: Record<string, string>;

  /** @param hosts where the servers of origins really are: `{ 'https://carillon.test': 'http://127.0.0.1:7070' }` */
  constructor(hosts: Record<string, string>) {
    this.#hosts = hosts;
  }

  /** The value of a cookie of an origin. */
  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(`${origin} ${name}`)?.value;
  }

  setCookie(origin: string, name: string, value: string): void {
    this.#cookies.set(`${origin} ${name}`, { path: '/', value });
  }

  async ask(address: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address);
    const sent = [...this.#cookies]
      .filter(([key, { path }]) => key.startsWith(`${url.origin} `) && url.pathname.startsWith(path))
      .map(([key, { value }]) => `${key.slice(url.origin.length + 1)}=${value}`);
    const headers = new Headers(init.headers);
    if (sent.length > 0) headers.set('cookie', sent.join('; '));
    const place = `${this.#hosts[url.origin] ?? url.origin}${url.pathname}${url.search}`;
    const answer = await fetch(place, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(url, line);
    return answer;
  }

  /** Follows redirects until there is none, or the next address begins like this. @returns the last address and answer */
  async follow(
    address: string,
    until = 'none',
    init: RequestInit = {},
  ): Promise<{ address: string; answer: Response }> {
    let answer = await this.ask(address, init);
    for (;;) {
      const location = answer.headers.get('location');
      if (location === null) return { address, answer };
      address = new URL(location, address).href;
      if (address.startsWith(until)) return { address, answer };
      answer = await this.ask(address);
    }
  }

  #keep({ origin }: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const [name = '', ...value] = pair.split('=');
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
    const gone = value.join('=') === '' || attributes.some((one) => /^max-age=0$/i.test(one));
    if (gone) this.#cookies.delete(`${origin} ${name}`);
    else this.#cookies.set(`${origin} ${name}`, { path, value: value.join('=') });
  }
}
