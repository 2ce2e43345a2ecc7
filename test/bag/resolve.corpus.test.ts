import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askBoth } from './ask.js';
import type { Answer } from './ask.js';
import { canonical, canonicalDigest } from './canonical.js';
import { makePlace } from './place.js';

interface Observed {
  readonly name: string;
  /** Digests, `error`, or `any`. */
  readonly accept: readonly string[];
}

it('the digest of a program does not depend on the order of its members, and tells values apart', () => {
  expect(canonical(JSON.parse('{"b":[1.0,null],"10":{"__proto__":true},"2":"x"}'))).toBe(
    '{"10":{"__proto__":true},"2":"x","b":[1,null]}',
  );
  expect(canonicalDigest({ a: 1, b: 2 })).toBe(canonicalDigest({ b: 2, a: 1 }));
  expect(canonicalDigest({ a: 1 })).not.toBe(canonicalDigest({ a: '1' }));
});

/** Keys of no legacy writer, which recorded events were given. */
const MADE_UP = 'constructed/';

const corpus = process.env.STATEBAG_CORPUS;

// Recorded events are not part of the project; whoever has a corpus names its folder.
if (corpus !== undefined) {
  const load = (...path: string[]): unknown => JSON.parse(readFileSync(join(corpus, ...path), 'utf8'));
  const constructed = (
    load('events', 'constructed.json') as readonly { readonly name: string; readonly event: unknown }[]
  ).map(({ name, event }) => [name, event] as const);
  const recorded = readdirSync(join(corpus, 'events', 'asl')).map((file) => {
    const body = load('events', 'asl', file) as { readonly event?: unknown };
    return [file.slice(0, -'.json'.length), body.event ?? body] as const;
  });
  const events = new Map<string, unknown>([...constructed, ...recorded]);
  const observed = new Map(
    (load('expected', 'segments.json') as readonly Observed[]).map((row) => [row.name, row.accept]),
  );
  const [root, bucket] = [join(corpus, 's3'), 'analemma-workflow-state-dev'];
  const place = makePlace({}, { root, bucket, allowPrefixes: [MADE_UP] });

  describe('recorded events', () => {
    it.each([...events.keys()])(
      'give the program of the legacy reader or a typed error, to both readers: %s',
      async (name) => {
        const accept = observed.get(name) ?? ['any'];
        const answers = await askBoth(JSON.stringify(events.get(name)), place, [
          ...['--store', root, '--bucket', bucket],
          ...['--allow-prefix', MADE_UP],
        ]);
        expect(answers.command.said).toBe(answers.library.said);
        for (const { said, program } of Object.values(answers) as readonly Answer[]) {
          const got = program === undefined ? 'error' : canonicalDigest(program);
          expect(accept.includes('any') || accept.includes(got), `${said} is not among ${accept.join(', ')}`).toBe(
            true,
          );
        }
      },
    );

    it('are all there', () => {
      expect([...observed.keys()].filter((name) => !events.has(name))).toEqual([]);
    });
  });
}
