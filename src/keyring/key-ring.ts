import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { CarillonError } from '../core/errors.js';

/** What a key is used for: each purpose has a key of its own, derived from the one that is configured. */
export type Purpose = 'api-key' | 'cursor' | 'payload' | 'secret' | 'session';

interface Key {
  /** First 4 bytes of the key's SHA-256: told in the open, next to what was sealed. */
  id: Buffer;
  derived: Map<Purpose, Buffer>;
  bytes: Buffer;
}

/** Bytes of a key: AES-256. */
const keyLength = 32;
const [idLength, saltLength, nonceLength, tagLength] = [4, 16, 12, 16];
const formatOne = 1;
const headLength = 1 + idLength + saltLength + nonceLength;

/**
 * The keys an installation seals with. The first seals; the others open what was sealed before it came, so that a key is
 * changed by writing a new one in front. Sealing is AES-256-GCM with a key of its own for each message, so that no number
 * of messages wears a key out.
 */
export class KeyRing {
  readonly #keys: readonly Key[];

  private constructor(
    keys: readonly Buffer[],
    /** Whether what it seals can be opened after the process has ended. */
    readonly lasting: boolean,
  ) {
    this.#keys = keys.map((bytes) => ({
      bytes,
      id: createHash('sha256').update(bytes).digest().subarray(0, idLength),
      derived: new Map(),
    }));
  }

  /**
   * @param text keys of 32 bytes in base64, commas between; the first one seals
   * @param field the setting it comes from, for the error
   * @throws CarillonError CONFIG_INVALID, never showing the text
   */
  static parse(text: string, field: string): KeyRing {
    const keys = text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .map((one) => Buffer.from(one, 'base64'));
    if (keys.length > 0 && keys.every((key) => key.length === keyLength)) return new KeyRing(keys, true);
    throw new CarillonError(
      'CONFIG_INVALID',
      `Expected \`${field}\` to be keys of ${keyLength} bytes in base64, with commas between.`,
      { field, hint: 'Make one by `openssl rand -base64 32`, and keep it: what it sealed can be read with it alone.' },
    );
  }

  /** A ring that ends with the process. */
  static random(): KeyRing {
    return new KeyRing([randomBytes(keyLength)], false);
  }

  /** Id of the key that seals now, in hex. */
  get currentId(): string {
    return this.#current.id.toString('hex');
  }

  /** Whether this was sealed with the key that seals now. */
  isCurrent(sealed: Uint8Array): boolean {
    return Buffer.from(sealed)
      .subarray(1, 1 + idLength)
      .equals(this.#current.id);
  }

  /**
   * @param context what the message belongs to; it is not part of the result, and must be the same to open it
   * @returns format, key id, salt, nonce, cipher text and tag, one after the other
   */
  seal(purpose: Purpose, message: Uint8Array, context = ''): Buffer {
    const key = this.#current;
    const salt = randomBytes(saltLength);
    const nonce = randomBytes(nonceLength);
    const cipher = createCipheriv('aes-256-gcm', messageKey(derive(key, purpose), salt), nonce);
    cipher.setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(message), cipher.final()]);
    return Buffer.concat([Buffer.from([formatOne]), key.id, salt, nonce, body, cipher.getAuthTag()]);
  }

  /**
   * The inverse of {@link seal}.
   * @throws CarillonError ENCRYPTION_KEY_UNKNOWN, DECRYPTION_FAILED
   */
  open(purpose: Purpose, sealed: Uint8Array, context = ''): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (bytes.length < headLength + tagLength || bytes[0] !== formatOne) throw undecipherable();
    const id = bytes.subarray(1, 1 + idLength);
    const key = this.#keys.find((one) => one.id.equals(id));
    if (!key) throw unknownKey(id.toString('hex'));
    const salt = bytes.subarray(1 + idLength, 1 + idLength + saltLength);
    const nonce = bytes.subarray(headLength - nonceLength, headLength);
    const decipher = createDecipheriv('aes-256-gcm', messageKey(derive(key, purpose), salt), nonce, {
      authTagLength: tagLength,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-tagLength));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(headLength, -tagLength)), decipher.final()]);
    } catch (cause) {
      throw undecipherable(cause);
    }
  }

  /** Keyed SHA-256 by the key that seals now: 32 bytes. */
  mac(purpose: Purpose, message: string | Uint8Array): Buffer {
    return hmac(derive(this.#current, purpose), message);
  }

  /** The same by every key of the ring, the current one first: what was kept under an earlier key is found as well. */
  macs(purpose: Purpose, message: string | Uint8Array): Buffer[] {
    return this.#keys.map((key) => hmac(derive(key, purpose), message));
  }

  get #current(): Key {
    return this.#keys[0] as Key;
  }
}

function derive(key: Key, purpose: Purpose): Buffer {
  const known = key.derived.get(purpose);
  if (known) return known;
  const derived = Buffer.from(hkdfSync('sha256', key.bytes, '', `carillon ${purpose}`, keyLength));
  key.derived.set(purpose, derived);
  return derived;
}

function messageKey(key: Buffer, salt: Uint8Array): Buffer {
  return hmac(key, salt);
}

function hmac(key: Buffer, message: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

function unknownKey(id: string): CarillonError {
  return new CarillonError(
    'ENCRYPTION_KEY_UNKNOWN',
    `Expected a key of this process, got something sealed with ${id}.`,
    {
      field: 'CARILLON_SECRET_KEY',
      value: id,
      hint: 'Keep earlier keys in CARILLON_SECRET_KEY, behind the new one, for as long as what they sealed is kept.',
    },
  );
}

function undecipherable(cause?: unknown): CarillonError {
  return new CarillonError('DECRYPTION_FAILED', 'What was sealed was altered, or belongs elsewhere.', {}, { cause });
}
