export interface TarEntry {
  /** With `/`; a folder's ends with one. */
  path: string;
  text?: string;
  mode: number;
}

const block = 512;

/** An archive of small texts and folders, owned by one user. Paths of any length and language. */
export function writeTar(entries: TarEntry[], owner: { uid: number; gid: number }): Buffer {
  const parts = entries.flatMap(({ path, text = '', mode }) => {
    const body = Buffer.from(text);
    // The extended record holds the path as it is; the plain one is for show.
    const extended = Buffer.from(record('path', path));
    const kind = path.endsWith('/') ? '5' : '0';
    return [
      ...[header('pax', extended.length, 'x', 0o644, owner), padded(extended)],
      ...[header('entry', body.length, kind, mode, owner), padded(body)],
    ];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(
  name: string,
  size: number,
  kind: string,
  mode: number,
  { uid, gid }: { uid: number; gid: number },
): Buffer {
  const head = Buffer.alloc(block);
  head.write(name, 0);
  head.write(octal(mode, 7), 100);
  head.write(octal(uid, 7), 108);
  head.write(octal(gid, 7), 116);
  head.write(octal(size, 11), 124);
  head.write(octal(0, 11), 136);
  head.write(' '.repeat(8), 148);
  head.write(kind, 156);
  head.write('ustar\x0000', 257, 'latin1');
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return head;
}

/** `LENGTH name=value\n`, where LENGTH counts itself. */
function record(name: string, value: string): string {
  const rest = Buffer.byteLength(` ${name}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${name}=${value}\n`;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padded(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.alloc((block - (body.length % block)) % block)]);
}
