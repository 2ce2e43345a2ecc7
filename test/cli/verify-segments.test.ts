import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const pathOf = (name: string) => join(scratch.dir, name);
const read = (name: string) => readFileSync(pathOf(name), 'utf8');

function bagWith(type: string): string {
  const program = {
    id: 0,
    type: 'normal',
    nodes: [{ id: 'a', type }],
    edges: [],
    next_mode: 'end',
    default_next: null,
  };
  return smallBag({ partition_map: [program] });
}

async function verify() {
  const { code, out } = await statebag(scratch.dir, ['verify', '--journal', 'journal', '--json']);
  return { code, ...(JSON.parse(out) as { readonly documents: readonly object[]; readonly totals: object }) };
}

/** The document with the paths to its programs taken from another one. All paths have the same length. */
function withProgramsOf(other: string, text: string): string {
  const paths = ['partition_map_s3_path', 'segment_manifest_s3_path'];
  return paths.reduce((changed, name) => {
    const [found, wanted] = [changed, other].map((bag) => new RegExp(`"${name}":"[^"]+"`).exec(bag)![0]);
    return changed.replace(found!, wanted!);
  }, text);
}

/*
 * A migration that gives a bag the programs of another bag is a defect of the tool. It is made by hand: the document
 * gets the paths of the other bag, and the journal says that this is what the run wrote.
 */
it('verify fails with SEGMENT_DIFFERS when a migrated bag has other programs than before', async () => {
  mkdirSync(pathOf('bags'));
  writeFileSync(pathOf('bags/a.json'), bagWith('operator'));
  writeFileSync(pathOf('bags/b.json'), bagWith('aiModel'));
  await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--journal', 'journal', '--apply', '--quiet']);
  expect(await verify()).toMatchObject({ code: 0 });

  const written = read('bags/a.json');
  const exchanged = withProgramsOf(read('bags/b.json'), written);
  expect(exchanged).not.toBe(written);
  writeFileSync(pathOf('bags/a.json'), exchanged);
  writeFileSync(
    pathOf('journal/journal.ndjson'),
    read('journal/journal.ndjson').replaceAll(sha256(written), sha256(exchanged)),
  );
  const { code, documents } = await verify();
  expect(code).toBe(1);
  expect(documents).toContainEqual(
    expect.objectContaining({ id: pathOf('bags/a.json'), outcome: 'failed', code: 'SEGMENT_DIFFERS' }),
  );
});

/** A bag whose only program is its config. */
function bagOfConfig(type: string): string {
  const workflow_config = {
    nodes: [
      { id: 'a', type },
      { id: 'b', type: 'llm_chat' },
    ],
    edges: [{ source: 'a', target: 'b' }],
  };
  return smallBag({ workflow_config, partition_map: null });
}

async function migrateTo(target: string, bags: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(pathOf('bags'));
  for (const [name, text] of Object.entries(bags)) writeFileSync(pathOf(`bags/${name}.json`), text);
  await statebag(scratch.dir, [
    'migrate',
    'bags',
    '--store',
    'store',
    '--journal',
    'journal',
    '--to',
    target,
    '--apply',
  ]);
}

/** The document says something else, and the journal says that this is what the run wrote. */
function exchange(name: string, changed: string): void {
  const written = read(name);
  expect(changed).not.toBe(written);
  writeFileSync(pathOf(name), changed);
  writeFileSync(
    pathOf('journal/journal.ndjson'),
    read('journal/journal.ndjson').replaceAll(sha256(written), sha256(changed)),
  );
}

it.each(['lean', 'bridge'])('verify compares the segments of a %s bag whose original has no map', async (target) => {
  await migrateTo(target, { a: bagOfConfig('operator') });
  expect(await verify()).toMatchObject({
    code: 0,
    totals: { verified: 1, segments: 2, bagsWithoutSegments: 0 },
    documents: [{ segments: 2 }],
  });
});

it('verify fails with SEGMENT_DIFFERS when a bridge bag without a map has another config than before', async () => {
  await migrateTo('bridge', { a: bagOfConfig('operator'), b: bagOfConfig('aiModel') });
  const pointer = /"workflow_config":\{"__s3_pointer__":true[^}]*\}/;
  const other = pointer.exec(read('bags/b.json'))![0];
  exchange('bags/a.json', read('bags/a.json').replace(pointer, other));
  const { code, documents } = await verify();
  expect(code).toBe(1);
  expect(documents).toContainEqual(
    expect.objectContaining({ id: pathOf('bags/a.json'), outcome: 'failed', code: 'SEGMENT_DIFFERS' }),
  );
});

it('verify fails with SEGMENT_DIFFERS when a migrated bag leads to no segment any more', async () => {
  await migrateTo('bridge', { a: bagOfConfig('operator') });
  const pointer = /"workflow_config":\{"__s3_pointer__":true[^}]*\}/;
  exchange(
    'bags/a.json',
    read('bags/a.json').replace(pointer, (text) => '"workflow_config":null'.padEnd(text.length)),
  );
  const { code, documents } = await verify();
  expect([code, documents]).toMatchObject([1, [{ outcome: 'failed', code: 'SEGMENT_DIFFERS' }]]);
});

it('verify counts the bags that lead to no segment', async () => {
  const nodes = [{ id: 'a' }, { id: 'b' }];
  const cycle = [
    { source: 'a', target: 'b' },
    { source: 'b', target: 'a' },
  ];
  await migrateTo('bridge', { a: smallBag({ workflow_config: { nodes, edges: cycle }, partition_map: null }) });
  expect(await verify()).toMatchObject({ totals: { verified: 1, segments: 0, bagsWithoutSegments: 1 } });
  const { out } = await statebag(scratch.dir, ['verify', '--journal', 'journal']);
  expect(out).toMatch(/^bags without segments +1 +nothing to compare$/m);
});

it('verify exits with 1 when no document was migrated, unless --allow-empty is given', async () => {
  await migrateTo('lean', { a: bagOfConfig('operator') });
  await statebag(scratch.dir, ['rollback', '--journal', 'journal', '--apply']);
  const empty = await statebag(scratch.dir, ['verify', '--journal', 'journal']);
  expect([empty.code, empty.err]).toEqual([1, expect.stringContaining('nothing was verified')]);
  expect((await statebag(scratch.dir, ['verify', '--journal', 'journal', '--allow-empty'])).code).toBe(0);
});
