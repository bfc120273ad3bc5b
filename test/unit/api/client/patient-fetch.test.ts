import { expect, test } from 'vitest';
import { patientFetch } from '../../../../src/api/client/patient-fetch.js';

/** Answers one after the other; the last for ever. */
function answering(...answers: [status: number, retryAfter?: string][]) {
  let asked = 0;
  const send = async () => {
    const [status, wait] = answers[Math.min(asked, answers.length - 1)] as [number, string?];
    asked += 1;
    return new Response('', { status, headers: wait === undefined ? {} : { 'retry-after': wait } });
  };
  return { send, asked: () => asked };
}
const patience = (ms = 5000) => ({ signal: AbortSignal.timeout(ms) });

test('a request that came too fast is sent again after the wait', async () => {
  const api = answering([429, '0.01'], [429, '0.01'], [200]);
  const answer = await patientFetch('http://x', patience(), api.send);
  expect([answer.status, api.asked()]).toEqual([200, 3]);
});

test.each([[[503, '0.01']], [[429, undefined]], [[429, '3600']], [[429, 'soon']]] as [[number, string | undefined]][])(
  '%j is for the caller to see',
  async (answer) => {
    const api = answering(answer as [number, string]);
    expect((await patientFetch('http://x', patience(), api.send)).status).toBe(answer[0]);
    expect(api.asked()).toBe(1);
  },
);

test('waiting ends with the time a request is given', async () => {
  const api = answering([429, '5']);
  await expect(patientFetch('http://x', patience(20), api.send)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(api.asked()).toBe(1);
});
