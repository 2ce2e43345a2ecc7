import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import { memoryBlobStore } from 'statebag-shim/memory';
import { documentText } from '../json/json-text.js';
import { babble, envelope, fatBag } from './bag-text.js';
import { inspectAll } from './inspect.js';

const shim = createStateBagShim({ store: memoryBlobStore({ bucket: 'local' }) });

/** Documents of an arbitrary, many at a time, by name: a run of the command is dear, a document in it is cheap. */
function documents(text: fc.Arbitrary<string>, count: number): fc.Arbitrary<ReadonlyMap<string, Buffer>> {
  return fc
    .array(text, { minLength: count, maxLength: count })
    .map((texts) => new Map(texts.map((one, index) => [`document-${index}`, Buffer.from(one)])));
}

const GENERATIONS = ['fat', 'bridge', 'lean', 'foreign', 'unknown'];

describe('detection', () => {
  it('never throws on stored text, whatever JSON it is', async () => {
    await fc.assert(
      fc.asyncProperty(documents(documentText, 150), async (texts) => {
        const readings = await inspectAll(texts);
        expect([...readings.keys()].sort()).toEqual([...texts.keys()].sort());
        for (const { generation, bytesInline } of readings.values())
          expect([GENERATIONS.includes(generation), bytesInline >= 0]).toEqual([true, true]);
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });

  it('never throws on a parsed value, and reads it as it reads its text', async () => {
    const values = documents(
      babble.map((value) => JSON.stringify(value)),
      200,
    );
    await fc.assert(
      fc.asyncProperty(values, async (texts) => {
        const readings = await inspectAll(texts);
        for (const [name, text] of texts) {
          const value: unknown = JSON.parse(text.toString());
          const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
          const { generation, envelope } = shim.read(value);
          const read = readings.get(name)!;
          expect([text.toString(), isObject ? generation : 'unknown', envelope.join('.')]).toEqual([
            text.toString(),
            read.generation,
            read.envelope ?? '',
          ]);
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  it('sees the same in every spelling of a bag', async () => {
    const bags = fc.array(fc.tuple(fatBag({ withTraces: true }), envelope), { minLength: 100, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(bags, async (spelled) => {
        const texts = new Map(
          spelled.map(([{ text }, { wrap }], index) => [`bag-${index}`, Buffer.from(wrap(text))] as const),
        );
        const readings = await inspectAll(texts);
        for (const [index, [{ config, map }]] of spelled.entries()) {
          const { generation, bytesInline } = readings.get(`bag-${index}`)!;
          expect([generation, bytesInline]).toEqual([
            'fat',
            Buffer.byteLength(map) + (config === undefined ? 0 : Buffer.byteLength(config)),
          ]);
          const reading = shim.read(JSON.parse(texts.get(`bag-${index}`)!.toString()));
          expect([reading.generation, reading.ownerId, reading.workflowId]).toEqual(['fat', 'olive', 'press']);
        }
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });
});
