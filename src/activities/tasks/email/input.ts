import { z } from 'zod';
import { duration } from '../../../core/fields.js';
import { runNames } from '../../templates/run-scope.js';
import { templateFault } from '../../templates/template.js';
import { readMailbox } from './address.js';

/** Mail with a Cc is shown to all who get it: no place for a mailing list. */
const mostTogether = 100;
const names = [...runNames, 'data', 'to'];
const data = z.record(z.string(), z.unknown());
const text = z.string().max(200_000);

const mailbox = z.union([z.string(), z.strictObject({ address: z.string(), name: z.string().max(200).optional() })]);
const recipient = z.union([
  z.string(),
  z.strictObject({
    address: z.string(),
    name: z.string().max(200).optional(),
    data: data.optional().describe('For the templates of this recipient, in place of equal names in `data`.'),
  }),
]);

/** What a person writes for the `email` task. */
export const emailInput = z
  .strictObject({
    to: z
      .array(recipient)
      .min(1)
      .max(10_000)
      .describe('Addresses, `Name <address>`, or {address, name, data}. Each gets a message of its own.'),
    cc: z.array(mailbox).default([]).describe('With cc or bcc, all get one message that names everyone in to and cc.'),
    bcc: z.array(mailbox).default([]).describe('Get the message too, and are named nowhere.'),
    from: mailbox.optional().describe('Default: `smtp.from` of the configuration.'),
    replyTo: mailbox.optional(),
    subject: z.string().min(1).max(1000).describe('May be a template.'),
    text: text.optional().describe('May be a template.'),
    html: text.optional().describe('May be a template; values are escaped.'),
    data: data.default({}).describe('For the templates: `{{ data.name }}`.'),
    template: z.boolean().default(true).describe('false: `{{` and `{%` have no meaning.'),
    chunk: z
      .int()
      .min(1)
      .max(1000)
      .default(50)
      .describe('Messages from mark to mark. So many may be lost, and none sent twice, when a worker dies.'),
    timeout: duration('Bound of connecting, and of each message.').default('PT30S'),
  })
  .superRefine((input, context) => {
    const fault = (path: (string | number)[], message: string | undefined) => {
      if (message !== undefined) context.addIssue({ code: 'custom', path, message });
    };
    const { to, cc, bcc, from, replyTo, subject, text, html, template } = input;
    for (const [field, list] of Object.entries({ to, cc, bcc })) {
      for (const [index, one] of list.entries()) fault(...mailboxFault([field, index], one));
    }
    if (from !== undefined) fault(...mailboxFault(['from'], from));
    if (replyTo !== undefined) fault(...mailboxFault(['replyTo'], replyTo));
    if (text === undefined && html === undefined) fault(['text'], 'Expected `text` or `html`, or both.');
    if (template) {
      for (const [field, value] of Object.entries({ subject, text, html })) {
        if (value !== undefined) fault([field], templateFault(value, names));
      }
    }
    if (cc.length + bcc.length === 0) return;
    if (to.length + cc.length + bcc.length > mostTogether) {
      fault(['to'], `Expected at most ${mostTogether} recipients with cc or bcc: they all get one message.`);
    }
    for (const [index, one] of to.entries()) {
      if (typeof one === 'object' && one.data)
        fault(['to', index, 'data'], 'Expected no data of one recipient with cc or bcc.');
    }
  });

export type EmailInput = z.output<typeof emailInput>;
export type MailboxInput = z.output<typeof mailbox>;

function mailboxFault(path: (string | number)[], given: MailboxInput): [(string | number)[], string | undefined] {
  const [address, name] = typeof given === 'string' ? [given] : [given.address, given.name];
  const at = typeof given === 'string' ? path : [...path, 'address'];
  return [
    at,
    readMailbox(address, name) ? undefined : 'Expected an address such as ann@example.org or Ann <ann@example.org>.',
  ];
}
