import type { ErrorCode } from '../../core/errors.js';
import { errorCodes } from '../../core/errors.js';
import { type Need, needs } from '../access/needs.js';
import { mergePatchType } from './body.js';
import { versionField } from './conditions.js';
import type { Fields, Json } from './json.js';
import { type Operation, operations } from './operations.js';
import { problemSchema } from './problem-schema.js';
import { kindOf, takesCommas } from './query.js';
import { isTagged, mayCreate } from './resources.js';
import { type Answers, answersOf, scheduleComponent } from './schemas.js';

/** The OpenAPI 3.1 document of the REST API. */
export function openApi(): Json {
  const answers = answersOf(operations);
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: operationOf(operation, answers),
    };
  }
  const tags = [...new Set(operations.map(tagOf))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Carillon',
      version: '1.0.0',
      description:
        'Durable, distributed job scheduling. Errors are problems as RFC 9457 has them, with a stable `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { token: [] }],
    tags: tags.map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of Carillon.' },
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the identity provider.',
        },
      },
      schemas: { Problem: problemSchema, ...scheduleComponent(), ...answers.schemas },
      responses: Object.fromEntries(problemStatuses.map((status) => [`Problem${status}`, problemOf(status)])),
      headers: {
        RequestId: { description: "Names the request in the API's log.", schema: { type: 'string' } },
        TraceParent: { description: 'Trace the answer belongs to (W3C Trace Context).', schema: { type: 'string' } },
        ETag: { description: 'Version of what was answered.', schema: { type: 'string' } },
        Location: { description: 'Where it is.', schema: { type: 'string' } },
        Link: { description: 'The next page: `rel="next"`.', schema: { type: 'string' } },
      },
    },
  };
}

function operationOf(operation: Operation, answers: Answers): Json {
  const { name, summary, fields, method } = operation;
  const isPublic = (needs[name] as Need).right === 'anyone';
  const whole = operation.body !== undefined;
  const bodyRequired = [...fields.required].filter((field) => field in fields.body);
  return {
    operationId: name,
    summary,
    tags: [tagOf(operation)],
    ...(isPublic && { security: [] }),
    parameters: [
      ...parameters('path', fields.path, operation),
      ...parameters('query', fields.query, operation),
      ...conditionHeaders(operation),
    ],
    ...(Object.keys(fields.body).length > 0 && {
      requestBody: {
        required: bodyRequired.length > 0,
        content: Object.fromEntries(
          (whole && method === 'PATCH' ? [mergePatchType, 'application/json'] : ['application/json']).map((type) => [
            type,
            { schema: whole ? fields.body[operation.body as string] : bodyOf(fields.body, bodyRequired) },
          ]),
        ),
      },
    }),
    responses: responsesOf(operation, isPublic, answers),
  };
}

function bodyOf(properties: Fields, required: string[]): Json {
  return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

function parameters(place: 'path' | 'query', fields: Fields, { fields: { required } }: Operation): Json[] {
  return Object.entries(fields).map(([name, { description, ...schema }]) => {
    const kind = kindOf(schema);
    const commas = takesCommas(schema) ? ' Several: repeat it, or write commas between.' : '';
    return {
      name,
      in: place,
      required: place === 'path' || required.has(name),
      description: `${description ?? ''}${commas}`.trim(),
      ...(kind === 'record' && { style: 'deepObject', explode: true }),
      ...(kind === 'list' && { style: 'form', explode: true }),
      schema,
    };
  });
}

function conditionHeaders(operation: Operation): Json[] {
  const header = (name: string, description: string) => ({
    ...{ name, in: 'header', required: false, description },
    schema: { type: 'string' },
  });
  if (operation.type === 'subscription') {
    return [header('Last-Event-ID', 'Id of the last event seen: what follows it comes.')];
  }
  if (operation.method === 'GET') {
    return isTagged(operation.name)
      ? []
      : [header('If-None-Match', 'ETag of what is known: 304 while it is so still.')];
  }
  if (!versionField(operation)) return [];
  const match = header('If-Match', 'Only while the ETag of the resource is this; `*`: only if it is there.');
  return operation.method === 'PUT' ? [match, header('If-None-Match', '`*`: only if it is not there yet.')] : [match];
}

const common: Json = {
  'x-request-id': { $ref: '#/components/headers/RequestId' },
  traceparent: { $ref: '#/components/headers/TraceParent' },
};

function responsesOf(operation: Operation, isPublic: boolean, answers: Answers): Json {
  const { name, type, status, method } = operation;
  const good = (description: string, headers: Json = {}): Json => ({
    description,
    headers: { ...common, ...headers },
    ...(status !== 204 && {
      content: {
        [type === 'subscription' ? 'text/event-stream' : 'application/json']: {
          schema: type === 'subscription' ? { type: 'string' } : answers.refOf(operation),
        },
      },
    }),
  });
  const location = { location: { $ref: '#/components/headers/Location' } };
  const headers = {
    ...(type !== 'subscription' && { etag: { $ref: '#/components/headers/ETag' } }),
    ...('cursor' in operation.fields.query && { link: { $ref: '#/components/headers/Link' } }),
    ...((status === 201 || status === 202) && location),
  };
  const created = mayCreate(name) && {
    200: good('As asked.', headers),
    [status === 202 ? 202 : 201]: good(descriptions[status === 202 ? 202 : 201] as string, { ...headers, ...location }),
  };
  const unchanged =
    method === 'GET' && type !== 'subscription' && !isTagged(name)
      ? { 304: { description: 'It is so still.', headers: common } }
      : {};
  const problems = problemStatuses.filter((one) => mayAnswer(operation, one, isPublic));
  return {
    ...(created || { [status]: good(descriptions[status] ?? 'As asked.', headers) }),
    ...unchanged,
    ...Object.fromEntries(problems.map((one) => [one, { $ref: `#/components/responses/Problem${one}` }])),
  };
}

const descriptions: Record<number, string> = { 201: 'Created.', 202: 'Accepted.', 204: 'Done.' };

const problemStatuses = [400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 431, 500, 503];

function mayAnswer(operation: Operation, status: number, isPublic: boolean): boolean {
  const { type, method, name } = operation;
  if (isPublic) return [400, 429, 431, 500, 503].includes(status);
  const changes = type === 'mutation';
  if (status === 409 || status === 422) return changes;
  if (status === 412) return versionField(operation) !== undefined || name === 'operations.create';
  if (status === 413 || status === 415) return method !== 'GET';
  return true;
}

function problemOf(status: number): Json {
  const codes = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => errorCodes[code].status === status);
  const usual = { 431: ['INPUT_INVALID'], 500: ['INTERNAL'] }[status] ?? codes;
  const retry = { 'retry-after': { description: 'Seconds to wait.', schema: { type: 'integer' } } };
  const challenge = { 'www-authenticate': { description: 'How to authenticate.', schema: { type: 'string' } } };
  return {
    description: usual.map((code) => `\`${code}\``).join(', '),
    headers: { ...common, ...((status === 429 || status === 503) && retry), ...(status === 401 && challenge) },
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

function tagOf({ path }: Operation): string {
  return path.split('/')[2] as string;
}
