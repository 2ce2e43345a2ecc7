import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const nested = (name: string, wrap: (bag: unknown) => unknown = (bag) => bag) =>
  JSON.stringify({ ownerId: 'attacker', [name]: wrap(JSON.parse(smallBag({ ownerId: 'victim' }))) });

const put = (text: string): void => {
  writeFileSync(join(scratch.dir, 'event.json'), text);
};

describe('a document whose levels name different owners', () => {
  it.each([
    ['segment', ['segment', 'event.json', '--store', 'store']],
    ['hydrate', ['hydrate', 'event.json', '--store', 'store']],
    ['adapt', ['adapt', '--store', 'store']],
    ['seal', ['seal', '--store', 'store']],
  ])('is refused by %s', async (_, args) => {
    for (const text of [
      nested('state_data'),
      nested('Payload'),
      nested('bag', (bag) => JSON.stringify(bag)),
      smallBag({ owner_id: 'other' }),
    ]) {
      put(text);
      const { code, out, err } = await statebag(scratch.dir, args, { stdin: text });
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain('OWNER_MISMATCH');
    }
  });

  it('is quarantined by migrate and stays as it was', async () => {
    put(nested('state_data'));
    const { code, out } = await statebag(scratch.dir, [
      'migrate',
      'event.json',
      '--store',
      'store',
      '--apply',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      documents: [{ outcome: 'quarantined', generation: 'fat', code: 'OWNER_MISMATCH' }],
    });
    expect(readFileSync(join(scratch.dir, 'event.json'), 'utf8')).toBe(nested('state_data'));
    expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
  });

  it('is shown by inspect, invalid for validate, and needs the shim for can-contract', async () => {
    put(nested('state_data'));
    const inspected = await statebag(scratch.dir, ['inspect', 'event.json', '--json']);
    expect(inspected.out).toContain('OWNER_MISMATCH');
    const validated = await statebag(scratch.dir, ['validate', 'event.json', '--store', 'store']);
    expect([validated.code, validated.out.includes('OWNER_MISMATCH')]).toEqual([1, true]);
    const plain = await statebag(scratch.dir, ['validate', 'event.json']);
    expect([plain.code, plain.out.includes('OWNER_MISMATCH')]).toEqual([1, true]);
    const lean = JSON.stringify({ ownerId: 'attacker', state_data: { ownerId: 'victim', state_bag_version: 2 } });
    put(lean);
    const contract = await statebag(scratch.dir, ['can-contract', 'event.json', '--json']);
    expect([contract.code, contract.out.includes('OWNER_MISMATCH')]).toEqual([1, true]);
  });

  it('keeps its blobs from gc, which need not know whose they are', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
    const store = ['--store', 'store'];
    await statebag(scratch.dir, ['migrate', 'bag.json', ...store, '--apply', '--journal', 'j']);
    const lean = JSON.parse(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')) as object;
    const gc = async () => {
      const line = ['gc', '--no-journal', 'event.json', ...store, '--apply', '--json'];
      const { code, out } = await statebag(scratch.dir, line, { now: new Date('2099-01-01') });
      return [code, (JSON.parse(out) as { totals: Record<string, number> }).totals];
    };
    put(JSON.stringify({ ownerId: 'attacker', state_data: lean }));
    expect(await gc()).toEqual([0, expect.objectContaining({ blobs: 3, deleted: 0 })]);
    put(JSON.stringify({ ownerId: true, state_data: lean }));
    expect(await gc()).toEqual([1, expect.objectContaining({ blobs: 3, deleted: 0 })]);
    put('{"a":1}');
    expect(await gc()).toEqual([0, expect.objectContaining({ deleted: 3 })]);
  });
});
