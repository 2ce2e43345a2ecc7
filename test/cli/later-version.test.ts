import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const STORE = ['--store', 'store'];
const read = () => readFileSync(join(scratch.dir, 'bag.json'), 'utf8');
const write = (text: string) => {
  writeFileSync(join(scratch.dir, 'bag.json'), text);
};

/** The lean bag that this release writes, with the stamp of a later one and further members next to it. */
let later: (members?: string) => string;

beforeEach(async () => {
  write(smallBag());
  await statebag(scratch.dir, ['migrate', 'bag.json', ...STORE, '--apply', '--journal', 'first']);
  const lean = read();
  later = (members = '') => lean.replace('"state_bag_version":2', `"state_bag_version":9${members}`);
});

interface Report {
  readonly documents: readonly { readonly outcome: string; readonly code?: string; readonly reason?: string }[];
}

async function migrate(...args: string[]) {
  const { code, out } = await statebag(scratch.dir, ['migrate', 'bag.json', ...STORE, ...args, '--apply', '--json']);
  const [document] = (JSON.parse(out) as Report).documents;
  return { code, outcome: document?.outcome, reason: document?.reason, error: document?.code };
}

describe('a lean bag of a later version than this release knows', () => {
  it.each(['lean', 'bridge'])('stays as it is when it is migrated to %s', async (target) => {
    write(later());
    expect(await migrate('--to', target)).toMatchObject({ code: 0, outcome: 'unchanged' });
    expect(read()).toBe(later());
  });

  it.each([
    ['a null in place of the config', ',"workflow_config":null', []],
    ['an empty map', ',"partition_map":[]', []],
    ['a flag of the initialiser', ',"_is_init":true', []],
    ['its manifest asked for in the other form', '', ['--manifest', 'envelope']],
  ])('is quarantined and gets no older stamp when it has %s', async (_, members, args) => {
    write(later(members));
    const done = await migrate(...args);
    expect(done).toMatchObject({ code: 1, outcome: 'quarantined', error: 'BAG_VERSION_UNKNOWN' });
    expect(done.reason).toMatch(/is of version 9, and this release knows versions up to 2/);
    expect(read()).toBe(later(members));
  });

  it('is migrated again, and gets the stamp 2, when a merge put an inline program into it', async () => {
    write(later(`,"workflow_config":{"nodes":[{"id":"a"}],"edges":[]}`));
    expect(await migrate()).toMatchObject({ code: 0, outcome: 'migrated' });
    expect(read()).toContain('"state_bag_version":2');
  });

  it('is something of which can-contract cannot say that the shim may go', async () => {
    write(later());
    const { code, out } = await statebag(scratch.dir, ['can-contract', 'bag.json', '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([
      1,
      { canContract: false, documents: [{ generation: 'unknown', code: 'BAG_VERSION_UNKNOWN' }] },
    ]);
  });

  it('is not valid, and validate does not advise a migration that changes nothing', async () => {
    write(later());
    const { code, out } = await statebag(scratch.dir, ['validate', 'bag.json']);
    expect([code, out]).toEqual([1, expect.stringContaining('Validate the bag with a newer release of statebag')]);
    expect(out).not.toContain('Migrate the document');
  });

  it('is read, because its program is where this release looks for it', async () => {
    write(later());
    expect((await statebag(scratch.dir, ['segment', 'bag.json', ...STORE])).code).toBe(0);
  });
});
