import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../migrations/index.js';
import { digests } from '../cli/terminal.js';
import { KNOWN_MEMBERS, envelope, fatBag } from './bag-text.js';
import type { Envelope, SpelledBag } from './bag-text.js';
import { migrate, namedBlobs } from './migrate.js';
import type { Documents } from './migrate.js';
import { makePlace } from './place.js';
import { spelledMembers } from './spelled-members.js';

interface Wrapped {
  readonly bag: SpelledBag;
  readonly envelope: Envelope;
  readonly document: Buffer;
}

/** Several documents at a time: a run of the command is dear, a document in it is cheap. */
const fleet = fc
  .array(
    fc.tuple(fatBag({ withTraces: true }), envelope).map(([bag, one]): Wrapped => {
      return { bag, envelope: one, document: Buffer.from(one.wrap(bag.text)) };
    }),
    { minLength: 30, maxLength: 30 },
  )
  .map((bags) => new Map(bags.map((bag, index) => [`bag-${index}`, bag])));

function documentsOf(bags: ReadonlyMap<string, Wrapped>): Documents {
  return Object.fromEntries([...bags].map(([name, { document }]) => [name, document]));
}

describe.each<Target>(['lean', 'bridge'])('a migration to %s', (target) => {
  it('leaves what it does not know, keeps what it takes out, and is undone byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, async (bags) => {
        const place = makePlace();
        const documents = documentsOf(bags);
        const { of, again, rollBack } = await migrate(place, documents, target);
        for (const [name, { bag, envelope, document }] of bags) {
          const { outcome, bytes } = of[name]!;
          expect([outcome, bytes.equals(document)]).toEqual(['migrated', false]);
          const after = Buffer.from(envelope.unwrap(bytes.toString()));
          const unknown = (text: Buffer) =>
            spelledMembers(text).filter((member) => !KNOWN_MEMBERS.includes(member.name));
          expect(unknown(after)).toEqual(unknown(Buffer.from(bag.text)));
          const blobs = namedBlobs(place, bytes, document);
          const textOf = (kind: string) => blobs.find((blob) => blob.kind === kind)?.text;
          expect([textOf('configs'), textOf('partitions')]).toEqual([bag.config, bag.map]);
        }
        const twice = Object.values(await again());
        expect(twice.map(({ outcome, bytes }) => [outcome, bytes.toString()])).toEqual(
          Object.values(of).map(({ bytes }) => ['unchanged', bytes.toString()]),
        );
        expect(await rollBack()).toEqual(documents);
      }),
      { numRuns: 3, endOnFailure: true },
    );
  });

  it('makes the same of the same, pointers and blobs alike', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, async (bags) => {
        const [one, other] = [makePlace(), makePlace()];
        const runs = [await migrate(one, documentsOf(bags), target), await migrate(other, documentsOf(bags), target)];
        expect(runs[1]!.of).toEqual(runs[0]!.of);
        expect(digests(`${other.dir}/store`)).toEqual(digests(`${one.dir}/store`));
      }),
      { numRuns: 1, endOnFailure: true },
    );
  });
});
