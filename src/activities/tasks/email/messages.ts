import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { CarillonError } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import { runScope } from '../../templates/run-scope.js';
import { parseTemplate, type Scope, type Template } from '../../templates/template.js';
import { type Mailbox, mailboxKey, readMailbox } from './address.js';
import type { EmailInput, MailboxInput } from './input.js';

/** One address, and where it stands in the input. */
interface Recipient extends Mailbox {
  field: string;
  data?: Record<string, unknown>;
}

type Part = 'subject' | 'text' | 'html';

/** The messages of a run, one for each address, in an order that is the same on every attempt. */
export class Messages {
  readonly recipients: readonly Recipient[];
  readonly from: Mailbox;
  readonly #templates: Partial<Record<Part, Template>>;
  readonly #scope: Scope;

  private constructor(
    private readonly context: TaskContext,
    private readonly input: EmailInput,
    templates: Partial<Record<Part, Template>>,
    scope: Scope,
  ) {
    this.recipients = recipientsOf(input);
    this.from = senderOf(context, input);
    this.#templates = templates;
    this.#scope = scope;
  }

  /** Reads the templates, and fills each in for every recipient: what cannot be filled in is known before any is sent. */
  static async open(context: TaskContext, input: EmailInput): Promise<Messages> {
    const { subject, text, html, template } = input;
    const parse = (value: string, escaping: 'text' | 'html'): Template =>
      template ? parseTemplate(value, escaping) : { variables: [], render: () => value };
    const templates = {
      subject: parse(subject, 'text'),
      ...(text !== undefined && { text: parse(text, 'text') }),
      ...(html !== undefined && { html: parse(html, 'html') }),
    };
    const messages = new Messages(context, input, templates, await runScope(context, Object.values(templates)));
    for (const index of messages.recipients.keys()) {
      messages.#fill(index);
      if (index % 50 === 49) await breathe();
      context.signal.throwIfAborted();
    }
    return messages;
  }

  /** Tells this list of addresses from any other. */
  get digest(): string {
    return hash(JSON.stringify(this.recipients.map(mailboxKey)));
  }

  /** The message as it goes over the wire. Its Message-ID follows from run and address. */
  async compose(index: number): Promise<Buffer> {
    const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
    const { project, runId } = this.context;
    const { replyTo, cc, bcc, to } = this.input;
    const recipient = this.recipients[index] as Recipient;
    const together = cc.length + bcc.length > 0;
    const mail = new MailComposer({
      ...this.#fill(index),
      from: wired(this.from),
      to: together ? to.map(mailboxOf).map(wired) : [wired(recipient)],
      ...(cc.length > 0 && { cc: cc.map(mailboxOf).map(wired) }),
      ...(replyTo !== undefined && { replyTo: wired(mailboxOf(replyTo)) }),
      messageId: `<${hash(JSON.stringify([project, runId, mailboxKey(recipient)]))}@${this.from.address.split('@')[1]}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return mail.compile().build();
  }

  #fill(index: number): Partial<Record<Part, string>> {
    const { address, name, data, field } = this.recipients[index] as Recipient;
    const scope = { ...this.#scope, data: { ...this.input.data, ...data }, to: { address, name: name ?? '' } };
    const parts = Object.entries(this.#templates) as [Part, Template][];
    return Object.fromEntries(parts.map(([part, template]) => [part, filled(part, template, scope, field)]));
  }
}

function filled(part: Part, template: Template, scope: Scope, recipient: string): string {
  let text: string;
  try {
    text = template.render(scope, `input.${part}`);
  } catch (error) {
    if (!(error instanceof CarillonError)) throw error;
    throw new CarillonError(error.code, `For \`${recipient}\`: ${error.message}`, error.details, { cause: error });
  }
  // A line break would end the header. Whoever fills one in gets a space.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return part === 'subject' ? text.replace(/[\0-\x1f\x7f\x85\u2028\u2029]+/g, ' ') : text;
}

function recipientsOf({ to, cc, bcc }: EmailInput): Recipient[] {
  const known = new Map<string, Recipient>();
  for (const [list, given] of Object.entries<EmailInput['to']>({ to, cc, bcc })) {
    for (const [index, one] of given.entries()) {
      const data = typeof one === 'object' ? one.data : undefined;
      const recipient = { ...mailboxOf(one), field: `input.${list}.${index}`, ...(data && { data }) };
      const key = mailboxKey(recipient);
      if (!known.has(key)) known.set(key, recipient);
    }
  }
  return [...known.values()];
}

function senderOf({ settings }: TaskContext, { from }: EmailInput): Mailbox {
  const given = from ?? settings.smtp?.from;
  const sender = given === undefined ? undefined : readMailbox(...mailboxArguments(given));
  if (sender) return sender;
  const message = `Expected \`smtp.from\` of the configuration to be an address, or the job to have \`from\`.`;
  const hint = 'Set `from` in the input, or `smtp.from` in carillon.config.ts.';
  throw new CarillonError('CONFIG_INVALID', message, { field: 'input.from', value: given, hint });
}

function mailboxOf(given: MailboxInput): Mailbox {
  return readMailbox(...mailboxArguments(given)) as Mailbox;
}

function mailboxArguments(given: MailboxInput): [string, string?] {
  return typeof given === 'string' ? [given] : [given.address, given.name];
}

function wired({ address, name }: Mailbox) {
  return { address, name: name ?? '' };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
