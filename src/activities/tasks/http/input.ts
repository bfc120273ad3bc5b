import { z } from 'zod';
import { parseDuration } from '../../../core/duration.js';
import { runNames } from '../../templates/run-scope.js';
import { isTemplate, templateFault } from '../../templates/template.js';
import { controls, trimmed } from './header-value.js';
import { pathFault } from './picked-value.js';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const mebibyte = 1024 * 1024;
const status = z.int().min(100).max(599);
const secret = z.string().min(1).max(10_000);

const auth = z.union([
  z.strictObject({ bearer: secret.describe('Token, sent as `Authorization: Bearer …`.') }),
  z.strictObject({
    basic: z.strictObject({
      username: z
        .string()
        .max(1000)
        .regex(/^[^:]*$/, 'Expected no colon.'),
      password: z.string().max(10_000),
    }),
  }),
]);

/** What a person writes for the `http` task. */
export const httpInput = z
  .strictObject({
    url: z.string().describe('Address to call, http or https. May be a template; values are percent-encoded.'),
    method: z.enum(methods).default('GET'),
    headers: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'Expected a header name.'), z.string())
      .default({})
      .describe('Values may be templates; they are sent as UTF-8.'),
    body: z
      .unknown()
      .optional()
      .describe('Text is sent as it is, anything else as JSON. Texts in it may be templates, at any depth.'),
    template: z.boolean().default(true).describe('false: `{{` and `{%` have no meaning in url, headers and body.'),
    auth: auth.optional().describe('`bearer: token`, or `basic: {username, password}`; use `secret://name`.'),
    sign: z
      .strictObject({ secret: secret.describe('Base64, with or without `whsec_` before it.') })
      .optional()
      .describe('Signs the request by Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature.'),
    expectedStatus: z
      .union([status, z.array(status).min(1)])
      .optional()
      .describe('Status or list of them that counts as success. Default: 200-299.'),
    result: z
      .string()
      .max(1000)
      .optional()
      .describe('JSONPath (RFC 9535) into a JSON answer, such as $.items[0].id: what it finds is the result.'),
    redirects: z.int().min(0).max(20).default(0).describe('How many redirects are followed.'),
    maxBytes: z
      .int()
      .min(1)
      .max(64 * mebibyte)
      .default(mebibyte)
      .describe('A larger answer fails with HTTP_TOO_LARGE.'),
    timeout: z
      .string()
      .refine((text) => isDuration(text), 'Expected a duration such as PT30S or 30s.')
      .default('PT30S')
      .describe('Bound from the call to the last byte of the answer, redirects included.'),
  })
  .superRefine((input, context) => {
    const fault = (path: (string | number)[], message: string | undefined) => {
      if (message !== undefined) context.addIssue({ code: 'custom', path, message });
    };
    const { url, method, headers, body, template, result } = input;
    const checked = (text: string) => (template && isTemplate(text) ? templateFault(text, runNames) : undefined);
    fault(['url'], template && isTemplate(url) ? (templateUrlFault(url) ?? checked(url)) : urlFault(url));
    for (const [name, value] of Object.entries(headers)) {
      fault(['headers', name], controls.test(trimmed(value)) ? 'Expected no control characters.' : checked(value));
      if (input.auth && name.toLowerCase() === 'authorization') {
        fault(['headers', name], 'Expected no Authorization header beside `auth`.');
      }
    }
    if (body !== undefined && (method === 'GET' || method === 'HEAD'))
      fault(['body'], 'Expected no body with GET or HEAD.');
    for (const [path, text] of textsIn(body)) fault(['body', ...path], checked(text));
    if (result !== undefined) fault(['result'], pathFault(result));
  });

export type HttpInput = z.output<typeof httpInput>;

/** What is wrong with an address that is to be called; undefined when it is one of http or https. */
export function urlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return 'Expected an address of http or https.';
  if (url.username || url.password) return 'Expected no user name and password in the address; use `auth`.';
  return undefined;
}

function templateUrlFault(text: string): string | undefined {
  return /^(https?:\/\/|\{\{|\{%)/i.test(text) ? undefined : 'Expected an address of http or https.';
}

/** The texts of a body with their paths. */
function* textsIn(value: unknown, path: (string | number)[] = []): Generator<[(string | number)[], string]> {
  if (typeof value === 'string') yield [path, value];
  else if (Array.isArray(value)) for (const [index, inner] of value.entries()) yield* textsIn(inner, [...path, index]);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* textsIn(inner, [...path, key]);
}

function isDuration(text: string): boolean {
  try {
    return parseDuration(text).months === 0;
  } catch {
    return false;
  }
}
