import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putFleet, smallBag } from './fleet-dir.js';
import { digests, snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const STORE = ['--store', 'store', '--apply'];
const text = (...path: string[]) => readFileSync(join(scratch.dir, ...path), 'utf8');

describe('--out', () => {
  it('writes the tree again below a directory and leaves the originals alone', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 3 });
    mkdirSync(join(scratch.dir, 'bags', 'deep'));
    writeFileSync(join(scratch.dir, 'bags', 'deep', 'bag.json'), smallBag());
    const before = snapshot(join(scratch.dir, 'bags'));
    expect((await statebag(scratch.dir, ['migrate', 'bags', ...STORE, '--out', 'lean', '--verify'])).code).toBe(0);
    expect(snapshot(join(scratch.dir, 'bags'))).toEqual(before);
    expect(Object.keys(digests(join(scratch.dir, 'lean')))).toEqual(Object.keys(before));
    expect(text('lean', 'deep', 'bag.json')).toContain('"state_bag_version":2');
  });

  it('takes over documents that need no change, and leaves out those that need somebody', async () => {
    mkdirSync(join(scratch.dir, 'bags'));
    writeFileSync(join(scratch.dir, 'bags', 'fat.json'), smallBag());
    writeFileSync(join(scratch.dir, 'bags', 'foreign.json'), '{"a":1}');
    writeFileSync(join(scratch.dir, 'bags', 'torn.json'), '{');
    expect((await statebag(scratch.dir, ['migrate', 'bags', ...STORE, '--out', 'lean'])).code).toBe(1);
    expect(readdirSync(join(scratch.dir, 'lean'))).toEqual(['fat.json', 'foreign.json']);
    expect(text('lean', 'foreign.json')).toBe('{"a":1}');
  });

  it('writes one file for one file', async () => {
    writeFileSync(join(scratch.dir, 'fat.json'), smallBag());
    expect((await statebag(scratch.dir, ['migrate', 'fat.json', ...STORE, '--out', 'lean.json'])).code).toBe(0);
    expect(text('lean.json')).toContain('"state_bag_version":2');
    expect(text('fat.json')).toBe(smallBag());
  });

  it('puts files of several sources below what they have in common', async () => {
    for (const folder of ['a', 'b']) {
      mkdirSync(join(scratch.dir, 'bags', folder), { recursive: true });
      writeFileSync(join(scratch.dir, 'bags', folder, 'bag.json'), smallBag());
    }
    expect((await statebag(scratch.dir, ['migrate', 'bags/a', 'bags/b', ...STORE, '--out', 'lean'])).code).toBe(0);
    expect(Object.keys(digests(join(scratch.dir, 'lean')))).toEqual(['a/bag.json', 'b/bag.json']);
  });

  it('does not take copies for documents when they lie below the source', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 2 });
    for (let run = 0; run < 2; run++) {
      const { out } = await statebag(scratch.dir, ['migrate', 'bags', ...STORE, '--out', 'bags/lean', '--json']);
      expect((JSON.parse(out) as { totals: object }).totals).toMatchObject({ documents: 2, failed: 0 });
    }
  });

  it('never writes over something else', async () => {
    writeFileSync(join(scratch.dir, 'fat.json'), smallBag());
    writeFileSync(join(scratch.dir, 'other.json'), 'precious');
    const { code, out } = await statebag(scratch.dir, ['migrate', 'fat.json', ...STORE, '--out', 'other.json']);
    expect(code).toBe(1);
    expect(out).toContain('OUT_EXISTS');
    expect(text('other.json')).toBe('precious');
  });

  it('is rolled back in the copies', async () => {
    writeFileSync(join(scratch.dir, 'fat.json'), smallBag());
    await statebag(scratch.dir, ['migrate', 'fat.json', ...STORE, '--out', 'lean.json']);
    expect((await statebag(scratch.dir, ['rollback', '--journal', 'statebag-journal', '--apply'])).code).toBe(0);
    expect(text('lean.json')).toBe(smallBag());
  });
});

describe('standard input', () => {
  it('goes to standard output when it is written', async () => {
    const { code, out, err } = await statebag(scratch.dir, ['migrate', '-', ...STORE], { stdin: smallBag() });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ state_bag_version: 2, ownerId: 'owner-1' });
    expect(out).toContain('"current_state":{"n":1}');
    expect(err).toMatch(/^migrated +1$/m);
  });

  it('keeps lines lines', async () => {
    const { out } = await statebag(scratch.dir, ['migrate', '-', ...STORE], {
      stdin: `${smallBag()}\r\n{"a": 1.0}\n${smallBag()}`,
    });
    const lines = out.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/"state_bag_version":2.*\r$/);
    expect(lines[1]).toBe('{"a": 1.0}');
    expect(lines[2]).toContain('"state_bag_version":2');
  });

  it('goes into a file, from which it can be verified and rolled back', async () => {
    const stdin = `${smallBag()}\n${smallBag({ ownerId: 'owner-2' })}\n`;
    expect(
      (await statebag(scratch.dir, ['migrate', '-', ...STORE, '--out', 'lean.txt', '--verify'], { stdin })).code,
    ).toBe(0);
    expect(text('lean.txt')).toContain('owner-2');
    expect((await statebag(scratch.dir, ['rollback', '--journal', 'statebag-journal', '--apply'])).code).toBe(0);
    expect(text('lean.txt')).toBe(stdin);
  });

  it('of one document over many lines is one document', async () => {
    const stdin = JSON.stringify(JSON.parse(smallBag()), null, 2);
    const { out } = await statebag(scratch.dir, ['migrate', '-', ...STORE], { stdin });
    expect(out).toContain('\n  "state_bag_version": 2,\n  "workflow_config_s3_path": "s3://local/');
  });

  it('that is empty is a document that needs somebody', async () => {
    const { code, out, err } = await statebag(scratch.dir, ['migrate', '-', ...STORE]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('JSON_EMPTY');
  });

  it('writes nothing in a dry run', async () => {
    const { code, out } = await statebag(scratch.dir, ['migrate', '-', '--store', 'store'], { stdin: smallBag() });
    expect(code).toBe(0);
    expect(out).toMatch(/^to be migrated +1$/m);
    expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
  });

  it('says of a document that went to standard output that it is gone', async () => {
    await statebag(scratch.dir, ['migrate', '-', ...STORE], { stdin: smallBag() });
    const { code, out } = await statebag(scratch.dir, ['verify', '--journal', 'statebag-journal']);
    expect(code).toBe(1);
    expect(out).toContain('STDOUT_GONE');
  });
});

describe('NDJSON files', () => {
  const source = `${smallBag()}\r\n\r\n{"a": 1.0}\n  \n${smallBag({ ownerId: 'owner-2' })}`;

  it('keep line ends, blank lines and a last line without an end', async () => {
    writeFileSync(join(scratch.dir, 'bags.ndjson'), source);
    const { code, out } = await statebag(scratch.dir, ['migrate', 'bags.ndjson', ...STORE, '--verify', '--json']);
    expect(code).toBe(0);
    const { documents } = JSON.parse(out) as { documents: { id: string; outcome: string }[] };
    expect(documents.map(({ id, outcome }) => [id.split('#')[1], outcome]).sort()).toEqual([
      ['L1', 'migrated'],
      ['L3', 'unchanged'],
      ['L5', 'migrated'],
    ]);
    expect(text('bags.ndjson')).toMatch(/^\{.*\}\r\n\r\n\{"a": 1\.0\}\n {2}\n\{.*\}$/);
    expect((await statebag(scratch.dir, ['rollback', '--journal', 'statebag-journal', '--apply'])).code).toBe(0);
    expect(text('bags.ndjson')).toBe(source);
  });

  it('are rewritten around a line that needs somebody', async () => {
    writeFileSync(join(scratch.dir, 'bags.ndjson'), `${smallBag()}\n{"torn\n${smallBag()}\n`);
    const { code, out } = await statebag(scratch.dir, ['migrate', 'bags.ndjson', ...STORE]);
    expect(code).toBe(1);
    expect(out).toContain('quarantined  bags.ndjson#L2  JSON_SYNTAX');
    expect(text('bags.ndjson').split('\n')[1]).toBe('{"torn');
    expect(text('bags.ndjson').match(/"state_bag_version":2/g)).toHaveLength(2);
  });

  it('go to standard output on request', async () => {
    writeFileSync(join(scratch.dir, 'bags.ndjson'), source);
    const { code, out } = await statebag(scratch.dir, ['migrate', 'bags.ndjson', ...STORE, '--out', '-']);
    expect(code).toBe(0);
    expect(out.match(/"state_bag_version":2/g)).toHaveLength(2);
    expect(text('bags.ndjson')).toBe(source);
  });
});
