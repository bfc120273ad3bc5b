import { domainToASCII } from 'node:url';
import { expect, test } from 'vitest';
import { emailTask } from '../../../src/activities/tasks/email/email.js';
import { nastyStrings, nulStrings } from '../nasty-strings.js';
import { addresses, basic, listenForMail, send } from './mail-server.js';

const all = [...nastyStrings, ...nulStrings];
/** The header names of a message, and its headers with long lines joined. */
function headersOf(raw: string) {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  return head
    .split('\r\n')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const);
}

const ordinary = ['From', 'To', 'Subject', 'Message-ID', 'Date', 'MIME-Version', 'Auto-Submitted'];
const ofBody = ['Content-Type', 'Content-Transfer-Encoding'];

test(`${all.length} nasty strings in subject, text and html: no other header, no other recipient, the text as it was`, async () => {
  const { url, received } = await listenForMail();
  const to = addresses(all.length).map((address, index) => ({ address, data: { nasty: all[index] } }));
  const template = '{{ data.nasty }}';
  expect(await send(url, { to, subject: `x${template}`, text: `<${template}>`, chunk: 1000 }).done).toMatchObject({
    sent: all.length,
    rejected: 0,
  });
  expect(received).toHaveLength(all.length);
  for (const [index, { to: recipients, raw }] of received.entries()) {
    expect(recipients).toEqual([to[index]?.address]);
    expect(
      headersOf(raw)
        .map(([name]) => name)
        .sort(),
    ).toEqual([...ordinary, ...ofBody].sort());
    expect(textOf(raw)).toBe(`<${all[index]}>`.replace(/\r\n|\r|\n/g, '\r\n'));
  }
}, 60_000);

/** The body, decoded. */
function textOf(raw: string): string {
  const body = raw.slice(raw.indexOf('\r\n\r\n') + 4);
  const encoding = headersOf(raw).find(([name]) => name === 'Content-Transfer-Encoding')?.[1];
  const bytes =
    encoding === 'base64'
      ? Buffer.from(body, 'base64')
      : encoding === 'quoted-printable'
        ? Buffer.from(
            body
              .replace(/=\r\n/g, '')
              .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
            'latin1',
          )
        : Buffer.from(body, 'utf8');
  return bytes
    .toString('utf8')
    .replace(/\r\n|\r|\n/g, '\r\n')
    .replace(/\r\n$/, '');
}

test('nasty strings as names: refused with their path, or one name of one address', async () => {
  const { url, received } = await listenForMail();
  const names = all.filter((name) => name.length <= 200);
  const good = names.filter((name) => {
    const { error } = emailTask.input.safeParse({ ...basic, to: [{ address: 'a@example.net', name }] });
    if (error) expect(error.issues.map(({ path }) => path.join('.'))).toEqual(['to.0.address']);
    return !error;
  });
  expect(good.length).toBeGreaterThan(400);
  await send(url, { to: good.map((name, index) => ({ address: `user${index}@example.net`, name })), chunk: 1000 }).done;
  for (const [index, { to, raw }] of received.entries()) {
    expect(to).toEqual([`user${index}@example.net`]);
    expect(
      headersOf(raw)
        .map(([name]) => name)
        .sort(),
    ).toEqual([...ordinary, ...ofBody].sort());
    expect(headersOf(raw).find(([name]) => name === 'To')?.[1]).toMatch(
      new RegExp(`^(.* <)?user${index}@example\\.net>?$`),
    );
  }
  expect(received).toHaveLength(good.length);
}, 60_000);

test('nasty strings as addresses, before and after the @: refused with their path, or what a domain may be', () => {
  for (const nasty of all) {
    for (const address of [nasty, `${nasty}@example.net`, `a@${nasty}`, `a@${nasty}.net`]) {
      const { error, data } = emailTask.input.safeParse({ ...basic, to: [address] });
      if (error) expect(error.issues.map(({ path }) => path.join('.'))).toEqual(['to.0']);
      else {
        const [given] = (data?.to ?? []) as string[];
        const plain = /<([^<>]+)>\s*$/.exec(given ?? '')?.[1] ?? given ?? '';
        const [local = '', domain = ''] = [
          plain.slice(0, plain.lastIndexOf('@')),
          plain.slice(plain.lastIndexOf('@') + 1),
        ];
        expect(local).toMatch(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+$/);
        expect(domainToASCII(domain)).toMatch(/^[a-z0-9.-]+$/);
      }
    }
  }
});
