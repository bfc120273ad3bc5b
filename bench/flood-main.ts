/** A caller in a process of its own, so that sending much delays nobody else's clock. Its calls are in BENCH_CALLS. */
import { type Calls, callsOf } from './calls.js';

const calls = JSON.parse(process.env.BENCH_CALLS ?? '{}') as Calls;
process.send?.({ type: 'ready' });
const answers = await callsOf(calls);
process.send?.({ type: 'flooded', refused: answers.filter(({ status }) => status === 429).length });
