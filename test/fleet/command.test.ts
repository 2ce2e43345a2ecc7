import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fleetCommand } from '../../examples/fleet/command.js';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { writeFleet } from '../../examples/fleet/write-fleet.js';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fleet-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function run(...args: string[]): { code: number; out: string; err: string } {
  let [out, err] = ['', ''];
  const code = fleetCommand(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

describe('writeFleet', () => {
  it('writes one file a document and what the documents point to', () => {
    const options = { seed: 1, bags: 3, workflows: 2, size: 'small', variant: 'pointers' } as const;
    const written = writeFleet(join(dir, 'bags'), makeFleet(options), { form: 'files', storeDir: join(dir, 'store') });
    const documents = [...makeFleet(options)];
    expect(written).toEqual({
      documents: 3,
      objects: 9,
      bytes: documents.reduce((sum, { bytes }) => sum + bytes.length, 0),
    });
    expect(readdirSync(join(dir, 'bags'))).toEqual(documents.map(({ name }) => name));
    for (const { objects } of documents) {
      for (const { bucket, key, bytes } of objects)
        expect(readFileSync(join(dir, 'store', bucket, key)).equals(bytes)).toBe(true);
    }
  });

  it('writes NDJSON that is the same documents line by line', () => {
    const options = { seed: 1, bags: 5, workflows: 2, size: 'small' } as const;
    writeFleet(dir, makeFleet(options), { form: 'ndjson' });
    const expected = Array.from(makeFleet(options), ({ bytes }) => `${bytes.toString()}\n`).join('');
    expect(readFileSync(join(dir, 'bags.ndjson'), 'utf8')).toBe(expected);
  });

  it('refuses a document of several lines as a line', () => {
    const fleet = makeFleet({ seed: 1, bags: 1, workflows: 1, size: 'small', style: 'pretty' });
    expect(() => writeFleet(dir, fleet, { form: 'ndjson' })).toThrow(
      expect.objectContaining({ code: 'STYLE_NOT_ONE_LINE' }) as Error,
    );
  });
});

describe('the fleet command', () => {
  it('writes bags and store below the folder and says so', () => {
    const { code, out } = run('--out', dir, '--size', 'small', '--bags', '40', '--mix');
    expect(code).toBe(0);
    expect(out).toContain('40 bags of 3 workflows');
    expect(readdirSync(join(dir, 'bags'))).toHaveLength(40);
    expect(readdirSync(join(dir, 'store'))).toEqual(['local']);
  });

  it('writes one NDJSON file on request', () => {
    expect(run('--out', dir, '--size', 'small', '--form', 'ndjson', '--bags', '2').code).toBe(0);
    expect(readdirSync(dir)).toEqual(['bags.ndjson']);
  });

  it('explains itself', () => {
    expect(run('--help')).toMatchObject({ code: 0, err: '' });
    expect(run('--help').out).toContain('--workflows K');
  });

  it.each([
    [[], '--out DIR is needed'],
    [['--out', 'x', '--bags', 'many'], '--bags wants a whole number'],
    [['--out', 'x', '--workflows', '0'], 'at least 1'],
    [['--out', 'x', '--size', 'huge'], 'headline, mid, small'],
    [['--out', 'x', '--variant', 'odd'], '--variant is one of'],
    [['--out', 'x', '--mix', '--variant', 'pre'], 'exclude each other'],
    [['--out', 'x', '--form', 'ndjson', '--style', 'pretty'], 'does not fit on lines'],
    [['--out', 'x', '--bucket', '../up'], 'is no bucket name'],
    [['--colour'], "Unknown option '--colour'"],
  ])('answers %j with a reason and exit code 2', (args, reason) => {
    const { code, err, out } = run(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(reason);
  });

  it('does not write over an earlier fleet', () => {
    expect(run('--out', dir, '--size', 'small').code).toBe(0);
    expect(run('--out', dir, '--size', 'small')).toMatchObject({ code: 2 });
  });

  it('answers a place that cannot be written with exit code 2', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    const { code, err } = run('--out', file, '--size', 'small');
    expect(code).toBe(2);
    expect(err).toContain('ENOTDIR');
  });
});
