import type { Json } from './json.js';

/** JSON Schema of a problem, see `Problem`. */
export const problemSchema: Json = {
  type: 'object',
  description: 'An error as RFC 9457 has it.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'A page on the code.' },
    title: { type: 'string', description: 'What the code means.' },
    status: { type: 'integer', description: 'HTTP status.' },
    detail: { type: 'string', description: 'What was wrong with this request.' },
    code: { type: 'string', description: 'The code to branch on.' },
    requestId: { type: 'string', description: "Names the request in the API's log." },
    hint: { type: 'string', description: 'What to do next.' },
    errors: {
      type: 'array',
      description: 'The fields at fault.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer of the field, as a fragment: `#/schedule/cron`.' },
          detail: { type: 'string', description: 'What is wrong with it.' },
          value: { description: 'Its value, if that is short.' },
        },
      },
    },
  },
};
