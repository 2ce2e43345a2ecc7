import { expect, it } from 'vitest';
import type { DocumentSource, SourceContainer } from '../../src/sources/source.js';
import { run } from './workbench.js';
import { World } from './world.js';

// Only a source made by the test counts the documents that were read and not yet reported; no command takes one.
it('migrate reads at most four documents per unit of concurrency ahead, however many containers there are', async () => {
  let inHand = 0;
  let most = 0;
  const container = (id: string): SourceContainer => ({
    id,
    version: undefined,
    tail: new Uint8Array(),
    replace: () => Promise.reject(new Error('nothing to replace')),
    async *documents() {
      for (let line = 1; line <= 40; line++) {
        most = Math.max(most, ++inHand);
        yield await Promise.resolve({ id: `${id}#L${line}`, line, bytes: Buffer.from('{}') });
      }
    },
  });
  const many = Array.from({ length: 30 }, (_, index) => container(`${index}`));
  const source: DocumentSource = {
    id: 'many',
    container,
    async *containers() {
      yield* await Promise.resolve(many);
    },
  };
  const onOutcome = () => {
    inHand--;
  };
  const { totals } = await run(
    await World.with({}),
    {},
    { sources: [source], apply: false, concurrency: 8, onOutcome },
  );
  expect(totals).toMatchObject({ documents: 1200, unchanged: 1200 });
  expect(most).toBeLessThanOrEqual(4 * 8);
});
