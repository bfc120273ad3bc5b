import { defineQuery, setHandler, sleep } from '@temporalio/workflow';

const progress = defineQuery<{ done: number; total: number }>('progress');

/** A workflow of your own: knows nothing of Carillon. The query is optional; Carillon shows its answer as progress. */
export async function greet(names: string[]): Promise<string> {
  let done = 0;
  setHandler(progress, () => ({ done, total: names.length }));
  for (; done < names.length; done++) await sleep(100);
  return `Hello ${names.join(' and ')}`;
}
