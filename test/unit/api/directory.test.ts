import { expect, it } from 'vitest';
import { MemberDirectory } from '../../../src/api/access/directory.js';

function counted(answer: (subjects: readonly string[]) => Promise<never[]> = async () => []) {
  const asked: (readonly string[])[] = [];
  const clock = { now: 0 };
  const members = {
    grantsOf: (subjects: readonly string[]) => {
      asked.push(subjects);
      return answer(subjects);
    },
  };
  return { asked, clock, directory: new MemberDirectory(members, () => clock.now) };
}

it('asks once for many at the same time, whatever the order and case of their names', async () => {
  const { asked, directory } = counted();
  await Promise.all([
    directory.grantsOf(['user:Mia', 'Mia@Example.com']),
    directory.grantsOf(['mia@example.com', 'user:Mia', 'user:Mia']),
  ]);
  expect(asked).toEqual([['mia@example.com', 'user:Mia']]);
});

it('believes an answer for 5 s, and none after a change', async () => {
  const { asked, clock, directory } = counted();
  await directory.grantsOf(['user:a']);
  clock.now = 4999;
  await directory.grantsOf(['user:a']);
  expect(asked).toHaveLength(1);
  clock.now = 5000;
  await directory.grantsOf(['user:a']);
  expect(asked).toHaveLength(2);
  directory.forget();
  await directory.grantsOf(['user:a']);
  expect(asked).toHaveLength(3);
});

it('remembers no failure', async () => {
  let broken = true;
  const { directory } = counted(async () => {
    if (broken) throw new Error('away');
    return [];
  });
  await expect(directory.grantsOf(['user:a'])).rejects.toThrow('away');
  broken = false;
  expect(await directory.grantsOf(['user:a'])).toEqual([]);
});
