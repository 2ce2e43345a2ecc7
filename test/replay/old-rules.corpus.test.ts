import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fsBlobStore } from 'statebag-shim/fs';
import { readDocument } from '../../src/bag/value.js';
import { applyOldRules } from '../../src/replay/old-rules.js';
import { openLoader } from '../../src/replay/replay-step.js';
import { canonicalDigest } from '../bag/canonical.js';

/** Events for which the list has the program that the authors wanted, and the old runner ran another one. */
const RAN_ANOTHER = [
  'hybrid-root-no-mode',
  'pm-content-partition',
  'v3-batched-item2',
  'v3-branch-standard-b0-seg0',
  'v3-branch-standard-b0-seg1',
];

it('follow a pointer only to where the bag of the event may read', async () => {
  const blobs = { bucket: 'b', get: () => Promise.resolve(Buffer.from('{}')) };
  const load = openLoader(
    readDocument(Buffer.from('{"ownerId":"o","workflowId":"w","workflow_config":{"a":1}}')),
    blobs,
  );
  const at = (key: string) => load({ dialect: 's3-path', target: { bucket: 'b', key } });
  expect((await at('workflow-partitions/o/w/partition_map.json')).kind()).toBe('object');
  await expect(at('workflow-partitions/other/w/partition_map.json')).rejects.toMatchObject({
    code: 'POINTER_FOREIGN_OWNER',
  });
  await expect(at('elsewhere.json')).rejects.toMatchObject({ code: 'POINTER_NOT_ALLOWED' });
});

const corpus = process.env.STATEBAG_CORPUS;

// Recorded events are not part of the project; the variable names the folder of a corpus.
if (corpus !== undefined) {
  const load = (...path: string[]): unknown => JSON.parse(readFileSync(join(corpus, ...path), 'utf8'));
  const constructed = load('events', 'constructed.json') as readonly {
    readonly name: string;
    readonly event: unknown;
  }[];
  const recorded = readdirSync(join(corpus, 'events', 'asl')).map((file) => {
    const body = load('events', 'asl', file) as { readonly event?: unknown };
    return [file.slice(0, -'.json'.length), body.event ?? body] as const;
  });
  const events = new Map([...constructed.map(({ name, event }) => [name, event] as const), ...recorded]);
  const observed = load('expected', 'segments.json') as readonly {
    readonly name: string;
    readonly accept: readonly string[];
  }[];
  const store = fsBlobStore({
    root: join(corpus, 's3'),
    bucket: 'analemma-workflow-state-dev',
    allowPrefixes: ['constructed/'],
  });

  const answer = async (name: string): Promise<string> => {
    const event = readDocument(Buffer.from(JSON.stringify(events.get(name))));
    const old = await applyOldRules(event, openLoader(event, store));
    if (old.kind !== 'segment') return old.kind;
    return canonicalDigest(JSON.parse(Buffer.from(old.segment.bytes()).toString()));
  };

  describe('the old rules over recorded events', () => {
    it.each(observed.filter(({ accept }) => !accept.includes('any')))(
      'give the observed program, or name what the old runner does instead: $name',
      async ({ name, accept }) => {
        const said = await answer(name).catch((error: unknown) => (error as { code: string }).code);
        const isOther = ['forbidden', 'failed', 'POINTER_NOT_ALLOWED', 'POINTER_DANGLING'].includes(said);
        expect(accept.includes(said) || isOther).toBe(!RAN_ANOTHER.includes(name));
      },
    );

    it('give a program for most of them', async () => {
      const said = await Promise.all(observed.map(({ name }) => answer(name).catch(() => 'unread')));
      const digests = said.filter((each, at) => observed[at]!.accept.includes(each));
      expect([observed.length, digests.length]).toEqual([93, 57]);
    });
  });
}
