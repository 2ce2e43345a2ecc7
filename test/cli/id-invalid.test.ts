import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

/** A bag whose owner is spelled like this in its text. */
const owned = (spelling: string): string => smallBag().replace('"ownerId":"owner-1"', `"ownerId":${spelling}`);

/** Numbers that JavaScript does not print as they are spelled, or may have rounded, and what is no id. */
const INVALID = [
  '9007199254740993',
  '9007199254740992',
  '-9007199254740993',
  '7.0',
  '7.5',
  '1e3',
  '1E3',
  '-0',
  '0.0',
  '1e400',
  'NaN',
  'true',
  '{}',
  '["acme"]',
];

const put = (text: string): void => {
  writeFileSync(join(scratch.dir, 'event.json'), text);
};

describe('a document with an id that is not text and not an exact whole number', () => {
  it.each(INVALID)('is refused by segment, hydrate, adapt and seal when its owner is %s', async (spelling) => {
    for (const text of [
      owned(spelling),
      `{"state_data":${owned(spelling)}}`,
      `{"owner_id":${spelling},"bag":${smallBag()}}`,
      `{"Payload":${JSON.stringify(owned(spelling))}}`,
    ]) {
      put(text);
      for (const args of [['segment', 'event.json'], ['hydrate', 'event.json'], ['adapt'], ['seal']]) {
        const { code, out, err } = await statebag(scratch.dir, [...args, '--store', 'store'], { stdin: text });
        expect([code, out]).toEqual([1, '']);
        expect(err).toContain('ID_INVALID');
        expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
      }
    }
  });

  it.each(INVALID)('is quarantined by migrate and stays as it was when its owner is %s', async (spelling) => {
    const text = owned(spelling);
    put(text);
    const run = ['migrate', 'event.json', '--store', 'store', '--apply', '--json'];
    const { code, out } = await statebag(scratch.dir, run);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      documents: [{ outcome: 'quarantined', generation: 'fat', code: 'ID_INVALID' }],
    });
    expect(readFileSync(join(scratch.dir, 'event.json'), 'utf8')).toBe(text);
    expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
  });

  it.each(INVALID)('is shown by every command that examines documents when its owner is %s', async (spelling) => {
    put(owned(spelling));
    for (const args of [
      ['inspect', 'event.json', '--json'],
      ['validate', 'event.json', '--schema', 'fat'],
      ['validate', 'event.json', '--schema', 'auto', '--store', 'store'],
      ['can-contract', 'event.json', '--json'],
      ['gc', '--no-journal', 'event.json', '--store', 'store'],
    ]) {
      const { code, out, err } = await statebag(scratch.dir, args);
      expect([args[0], code, (out + err).includes('ID_INVALID')]).toEqual([args[0], 1, true]);
    }
  });
});

describe('a whole number that is spelled as JavaScript prints it', () => {
  it.each(['0', '7', '-7', '9007199254740991'])('is an id when it is %s', async (spelling) => {
    const text = owned(spelling);
    put(text);
    const segment = await statebag(scratch.dir, ['segment', 'event.json']);
    expect([segment.code, segment.err]).toEqual([0, '']);
    const sealed = await statebag(scratch.dir, ['seal', '--store', 'store'], { stdin: text });
    expect(sealed.out).toContain(`"s3://local/workflow-partitions/${spelling}/wf-1/`);
    const valid = await statebag(scratch.dir, ['validate', 'event.json', '--schema', 'fat']);
    expect([valid.code, valid.out.includes('ID_INVALID')]).toEqual([0, false]);
  });
});
