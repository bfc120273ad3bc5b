import { createHash } from 'node:crypto';
import { CarillonError } from '../../../core/errors.js';
import type { TaskContext } from '../../../core/task/context.js';
import { runScope } from '../../templates/run-scope.js';
import { type Escape, isTemplate, parseTemplate, type Template } from '../../templates/template.js';
import { controls, headerBytes, trimmed } from './header-value.js';
import { type HttpInput, urlFault } from './input.js';

/** A request, ready to be sent. */
export interface HttpRequest {
  url: URL;
  method: string;
  headers: Headers;
  body: string | undefined;
}

/** Fills in the templates, and adds what the input asks for: idempotency key, authorization, signature. */
export async function makeRequest(context: TaskContext, input: HttpInput): Promise<HttpRequest> {
  const fill = await filler(context, input);
  const url = requestUrl(fill(input.url, 'input.url', 'url'), input);
  const headers = new Headers();
  const set = (name: string, value: string, field: string) => {
    if (!controls.test(trimmed(value))) return headers.set(name, headerBytes(value));
    // The value may be a secret: it is not shown.
    throw invalid(field, `Expected \`${field}\` without control characters.`, 'Take line breaks out of the value.');
  };
  for (const [name, value] of Object.entries(input.headers)) {
    const field = `input.headers.${name}`;
    set(name, fill(value, field), field);
  }
  const body = bodyText(input.body, fill);
  const add = (name: string, value: string, field: string) => headers.has(name) || set(name, value, field);
  add('Idempotency-Key', context.runId, 'runId');
  add('User-Agent', 'carillon', 'user-agent');
  if (body !== undefined && typeof input.body !== 'string') add('Content-Type', 'application/json', 'content-type');
  const { auth, sign } = input;
  if (auth) set('Authorization', authorization(auth), 'bearer' in auth ? 'input.auth.bearer' : 'input.auth.basic');
  if (sign) for (const [name, value] of await signature(context, sign.secret, body ?? '')) headers.set(name, value);
  return { url, method: input.method, headers, body };
}

type Fill = (text: string, field: string, escaping?: Escape) => string;

/** Fills templates in; asks the ledger for the last success only if one of them names it. */
async function filler(context: TaskContext, { template, url, headers, body }: HttpInput): Promise<Fill> {
  if (!template) return (text) => text;
  const texts = JSON.stringify([url, headers, body]);
  if (!isTemplate(texts)) return (text) => text;
  const parsed: Template[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') parsed.push(parseTemplate(value));
    else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) collect(inner);
  };
  collect([url, headers, body]);
  const scope = await runScope(context, parsed);
  return (text, field, escaping = 'text') => parseTemplate(text, escaping).render(scope, field);
}

function requestUrl(text: string, input: HttpInput): URL {
  const fault = urlFault(text);
  if (fault) throw invalid('input.url', `\`input.url\`: ${fault}`, 'Check what the template was filled in with.', text);
  // A value that is `..` would climb to another path, and no encoding keeps it from that.
  const climbs =
    text !== input.url && /\/(\.|%2e){1,2}(?=[/?#]|$)/i.test(text.replace(/[?#].*$/s, '').replaceAll('\\', '/'));
  if (climbs) {
    throw invalid(
      'input.url',
      'Expected `input.url` without `.` or `..` as a part of its path.',
      'Check the values.',
      text,
    );
  }
  return new URL(text);
}

function bodyText(body: unknown, fill: Fill): string | undefined {
  if (body === undefined) return undefined;
  return typeof body === 'string' ? fill(body, 'input.body') : JSON.stringify(filled(body, 'input.body', fill));
}

function filled(value: unknown, field: string, fill: Fill): unknown {
  if (typeof value === 'string') return fill(value, field);
  if (Array.isArray(value)) return value.map((inner, index) => filled(inner, `${field}.${index}`, fill));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, `${field}.${key}`, fill)]));
}

function authorization(auth: NonNullable<HttpInput['auth']>): string {
  if ('bearer' in auth) return `Bearer ${auth.bearer}`;
  const { username, password } = auth.basic;
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** Headers of Standard Webhooks. The id is the same on every attempt; it has no dot, which separates what is signed. */
async function signature({ project, runId }: TaskContext, secret: string, body: string): Promise<[string, string][]> {
  const { Webhook } = await import('standardwebhooks');
  const id = `msg_${createHash('sha256').update(`${project}/${runId}`).digest('hex').slice(0, 32)}`;
  const at = new Date();
  let signed: string;
  try {
    signed = new Webhook(secret).sign(id, at, body);
  } catch {
    const message = 'Expected `input.sign.secret` to be base64, with or without `whsec_` before it.';
    throw invalid('input.sign.secret', message, 'Take the secret as the receiver shows it.');
  }
  return [
    ['webhook-id', id],
    ['webhook-timestamp', String(Math.floor(at.getTime() / 1000))],
    ['webhook-signature', signed],
  ];
}

function invalid(field: string, message: string, hint: string, value?: string): CarillonError {
  return new CarillonError('TASK_INPUT_INVALID', message, { field, hint, ...(value !== undefined && { value }) });
}
