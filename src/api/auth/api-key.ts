import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * An API key: `car_`, 256 random bits and a checksum, in letters and digits: a double click takes all of it. By the
 * prefix a leaked one is recognised as ours; by the checksum a mistyped one is refused without asking anybody.
 */
export const keyForm = /^car_[0-9A-Za-z]{49}$/;
/** What every key begins with. */
export const keyStart = 'car_';
/** Characters of a key that are shown in lists: enough to tell keys apart, and far from enough to guess one. */
const shownLength = 12;

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomBits = 256;
/** 62^43 > 2^256. */
const randomLength = 43;
/** 62^6 > 2^32. */
const checksumLength = 6;

/** A new key. */
export function makeApiKey(random: (bytes: number) => Uint8Array = randomBytes): string {
  const body = keyStart + base62(random(randomBits / 8), randomLength);
  return body + checksum(body);
}

/** Whether the text is a key as {@link makeApiKey} makes them. It says nothing of whether anybody knows it. */
export function isApiKey(text: string): boolean {
  if (!keyForm.test(text)) return false;
  const [body, given] = [text.slice(0, -checksumLength), text.slice(-checksumLength)];
  return timingSafeEqual(Buffer.from(checksum(body)), Buffer.from(given));
}

/** The beginning of a key, for lists. */
export function shownPrefix(key: string): string {
  return key.slice(0, shownLength);
}

/** The first 32 bits of SHA-256. */
function checksum(body: string): string {
  return base62(createHash('sha256').update(body).digest().subarray(0, 4), checksumLength);
}

function base62(bytes: Uint8Array, length: number): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let place = 0; place < length; place += 1) {
    text = alphabet[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
}
