import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { detect } from '../../src/bag/detect.js';
import { detectHazards, inlineBytes } from '../../src/bag/inspect.js';
import { objectReader } from '../../src/bag/object-reader.js';
import { needsMigration } from '../../src/bag/plan-site.js';
import { documentText } from '../json/json-text.js';
import { babble, envelope, fatBag } from './bag-text.js';
import { summaryOf } from './summary.js';

describe('detection', () => {
  it('never throws on stored text, whatever JSON it is', () => {
    fc.assert(
      fc.property(documentText, (text) => {
        const root = readDocument(Buffer.from(text));
        const detection = detect(byteReader, root);
        expect(
          detectHazards(byteReader, detection, text.length).length + inlineBytes(byteReader, detection),
        ).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  it('never throws on a parsed value, and reads it as it reads its text', () => {
    fc.assert(
      fc.property(babble, (value) => {
        const text = JSON.stringify(value);
        const [bytes, object] = [readDocument(Buffer.from(text)), JSON.parse(text) as unknown];
        expect(summaryOf(objectReader, object)).toEqual(summaryOf(byteReader, bytes));
        const [inText, parsed] = [detect(byteReader, bytes), detect(objectReader, object)];
        expect(detectHazards(objectReader, parsed, text.length)).toEqual(
          detectHazards(byteReader, inText, text.length),
        );
        for (const target of ['lean', 'bridge'] as const) {
          const answers = parsed.sites.map((site) => needsMigration(objectReader, site, target));
          expect(answers).toEqual(inText.sites.map((site) => needsMigration(byteReader, site, target)));
        }
      }),
      { numRuns: 1200 },
    );
  });

  it('sees the same in every spelling of a bag', () => {
    fc.assert(
      fc.property(fatBag({ withTraces: true }), envelope, ({ text }, wrap) => {
        const document = wrap(text);
        const seen = summaryOf(byteReader, readDocument(Buffer.from(document))) as { readonly generation: string };
        expect(seen).toEqual(summaryOf(objectReader, JSON.parse(document)));
        expect(seen.generation).toBe('fat');
      }),
      { numRuns: 200 },
    );
  });
});
