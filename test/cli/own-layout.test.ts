import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStateBagShim, resolveSegmentConfig } from 'statebag-shim';
import { fsBlobStore } from 'statebag-shim/fs';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const LAYOUT = {
  config: 'cfg/{ownerId}/{workflowId}/{sha256}/c.json',
  map: 'maps/{ownerId}/{workflowId}/{sha256}.json',
  manifest: '{ownerId}/{workflowId}/{sha256}/s.json',
} as const;
const KEYS = ['--config-key', LAYOUT.config, '--map-key', LAYOUT.map, '--manifest-key', LAYOUT.manifest];

/** A bag that `victim` has migrated under the layout, and the same with another owner. */
async function stolen(): Promise<{ readonly own: string; readonly evil: string }> {
  const { out } = await statebag(
    scratch.dir,
    ['migrate', '-', '--store', 'store', '--apply', '--journal', 'made', ...KEYS],
    { stdin: smallBag({ ownerId: 'victim' }) },
  );
  const evil = out.replace('"ownerId":"victim"', '"ownerId":"attacker"');
  writeFileSync(join(scratch.dir, 'own.json'), out);
  writeFileSync(join(scratch.dir, 'evil.json'), evil);
  return { own: out, evil };
}

describe('a layout of the user', () => {
  it('makes a bag with an inline manifest lean for every command, with the layout given once more', async () => {
    const programs = (JSON.parse(smallBag()) as { readonly partition_map: readonly object[] }).partition_map;
    const segment_manifest = programs.map((segment_config, segment_id) => ({ segment_id, segment_config }));
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag({ segment_manifest }));
    const store = ['--store', 'store', ...KEYS];
    const migrate = ['migrate', 'bag.json', ...store, '--apply', '--json'];
    const { out } = await statebag(scratch.dir, migrate);
    expect(JSON.parse(out)).toMatchObject({ totals: { migrated: 1 } });
    expect(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')).toContain('"segment_index":0');
    const inspected = await statebag(scratch.dir, ['inspect', 'bag.json', ...store, '--json']);
    expect(JSON.parse(inspected.out)).toMatchObject({ documents: [{ generation: 'lean', hazards: [] }] });
    expect((await statebag(scratch.dir, ['can-contract', 'bag.json', ...store])).code).toBe(0);
    const again = await statebag(scratch.dir, migrate);
    expect(JSON.parse(again.out)).toMatchObject({ totals: { unchanged: 1 } });
  });

  it('keeps a bag from the blobs of another owner in every command', async () => {
    const { evil } = await stolen();
    for (const [name, ...more] of [['segment', 'evil.json'], ['hydrate', 'evil.json'], ['adapt']]) {
      const { code, out, err } = await statebag(scratch.dir, [name!, ...more, '--store', 'store', ...KEYS], {
        stdin: evil,
      });
      expect([name, code, out]).toEqual([name, 1, '']);
      expect(err).toContain('POINTER_FOREIGN_OWNER');
    }
    const validated = await statebag(scratch.dir, ['validate', 'evil.json', '--store', 'store', ...KEYS]);
    expect([validated.code, validated.out.includes('POINTER_FOREIGN_OWNER')]).toEqual([1, true]);
    for (const command of ['segment', 'hydrate', 'validate']) {
      expect((await statebag(scratch.dir, [command, 'own.json', '--store', 'store', ...KEYS])).code).toBe(0);
    }
  });

  it('keeps a bag from the blobs of another owner in the library', async () => {
    const { own, evil } = await stolen();
    const store = fsBlobStore({ root: join(scratch.dir, 'store'), bucket: 'local' });
    const shim = createStateBagShim({ store, mode: 'strict', layout: LAYOUT });
    const run = shim.wrap((event: unknown) => Promise.resolve(event));
    await expect(run(JSON.parse(evil) as object)).rejects.toMatchObject({ code: 'POINTER_FOREIGN_OWNER' });
    await expect(shim.read(JSON.parse(evil)).hydrated()).rejects.toMatchObject({ code: 'POINTER_FOREIGN_OWNER' });
    await expect(resolveSegmentConfig(JSON.parse(evil), store, { layout: LAYOUT })).rejects.toMatchObject({
      code: 'POINTER_FOREIGN_OWNER',
    });
    await expect(run(JSON.parse(own) as object)).resolves.toMatchObject({ ownerId: 'victim' });
  });

  it('does not let migrate copy the blobs of another owner', async () => {
    const { evil } = await stolen();
    const fat = JSON.stringify({
      ...(JSON.parse(evil) as object),
      _status: 'CONTINUE',
      partition_map: {
        bucket: 'local',
        key: (JSON.parse(evil) as { partition_map_s3_path: string }).partition_map_s3_path.slice('s3://local/'.length),
      },
    });
    writeFileSync(join(scratch.dir, 'evil.json'), fat);
    const { code, out } = await statebag(scratch.dir, [
      'migrate',
      'evil.json',
      '--store',
      'store',
      '--journal',
      'j',
      '--apply',
      '--json',
      ...KEYS,
    ]);
    expect(code).toBe(1);
    expect(out).toContain('POINTER_FOREIGN_OWNER');
  });

  it('counts as lean once its keys hold the digest in the file name', async () => {
    await stolen();
    expect((await statebag(scratch.dir, ['can-contract', 'own.json', '--json', ...KEYS])).code).toBe(0);
  });

  it('is refused without an owner, a workflow or a digest, before anything is read', async () => {
    for (const [command, ...more] of [
      ['segment', 'x.json'],
      ['hydrate', 'x.json'],
      ['validate', 'x.json'],
      ['migrate', 'x.json', '--store', 's'],
      ['adapt', '--dry-run'],
      ['gc', '--no-journal', 'x.json', '--store', 's'],
      ['inspect', 'x.json'],
    ]) {
      for (const template of [
        'c/{ownerId}/{workflowId}/config.json',
        'c/{workflowId}/{sha256}/c.json',
        'c/{ownerId}/{sha256}/c.json',
        'c/{ownerId}x/{workflowId}/{sha256}',
      ]) {
        const { code, err } = await statebag(scratch.dir, [command!, ...more, '--config-key', template]);
        expect([command, template, code, err.includes('LAYOUT_INVALID')]).toEqual([command, template, 2, true]);
      }
    }
    const store = fsBlobStore({ root: join(scratch.dir, 'store'), bucket: 'local' });
    expect(() => createStateBagShim({ store, layout: { map: 'm/{ownerId}/{workflowId}/m.json' } })).toThrow(
      expect.objectContaining({ code: 'LAYOUT_INVALID' }) as Error,
    );
  });
});
