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
  return { code, ...(JSON.parse(out) as { readonly documents: readonly object[] }) };
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
