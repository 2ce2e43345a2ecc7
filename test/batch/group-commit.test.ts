import { expect, it } from 'vitest';
import { GroupCommit } from '../../src/batch/group-commit.js';

/** An effect that ends when it is told to. */
function held() {
  const ends: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const commit = new GroupCommit(() => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { ends, commit, turn };
}

it('is carried out once for all who asked before it began, and once more for all who asked while it ran', async () => {
  const { ends, commit, turn } = held();
  const first = [commit.request(), commit.request()];
  await turn();
  expect(ends).toHaveLength(1);
  const second = [commit.request(), commit.request(), commit.request()];
  await turn();
  expect(ends).toHaveLength(1);
  ends[0]!.resolve();
  await Promise.all(first);
  await turn();
  expect(ends).toHaveLength(2);
  ends[1]!.resolve();
  await Promise.all(second);
});

it('does not answer those who asked while it ran before one of their own has ended', async () => {
  const { ends, commit, turn } = held();
  const first = commit.request();
  await turn();
  let isAnswered = false;
  const second = commit.request().then(() => (isAnswered = true));
  ends[0]!.resolve();
  await first;
  await turn();
  expect(isAnswered).toBe(false);
  ends[1]!.resolve();
  await second;
});

it('tells everybody of a failure, those who ask later too', async () => {
  const { ends, commit, turn } = held();
  const asked = [commit.request()];
  await turn();
  asked.push(commit.request());
  ends[0]!.reject(new Error('full'));
  for (const each of [...asked, commit.request()]) await expect(each).rejects.toThrow('full');
  expect(ends).toHaveLength(1);
});
