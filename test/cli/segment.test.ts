import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

// Spellings that a parser would change.
const SEGMENTS = ['{"id": 0, "type":"normal", "nodes":[1.0]}', '{"type":"llm","id":7,"nodes":[1e5,"\\u0041"]}'];

beforeEach(() => {
  writeFileSync(join(scratch.dir, 'event.json'), event());
});

const event = (members: object = {}) =>
  smallBag({ ...members, partition_map: 'MAP' }).replace('"MAP"', `[${SEGMENTS.join(', ')}]`);
const migrate = () => statebag(scratch.dir, ['migrate', 'event.json', '--store', 'store', '--apply', '--quiet']);

describe('segment', () => {
  it('prints the program with its own bytes, without a store when the event carries it', async () => {
    const { code, out, err } = await statebag(scratch.dir, ['segment', 'event.json']);
    expect([code, out, err]).toEqual([0, `${SEGMENTS[0]!}\n`, '']);
  });

  it('prints the same program from the store once the bag is lean', async () => {
    await migrate();
    for (const [index, segment] of SEGMENTS.entries()) {
      const { code, out } = await statebag(scratch.dir, [
        'segment',
        'event.json',
        '--index',
        String(index),
        '--store',
        'store',
      ]);
      expect([code, out]).toEqual([0, `${segment}\n`]);
    }
  });

  it('says with --json where it was found', async () => {
    expect((await statebag(scratch.dir, ['segment', 'event.json', '--index', '1', '--json'])).out).toBe(
      `{"segmentIndex":1,"source":"inline-map","segmentConfig":${SEGMENTS[1]!}}\n`,
    );
    await migrate();
    expect((await statebag(scratch.dir, ['segment', 'event.json', '--json', '--store', 'store'])).out).toContain(
      '"source":"manifest"',
    );
  });

  it('takes the index of the event unless told another', async () => {
    const { out } = await statebag(scratch.dir, ['segment', '-'], { stdin: event({ segment_to_run: 1 }) });
    expect(out).toBe(`${SEGMENTS[1]!}\n`);
    const other = await statebag(scratch.dir, ['segment', '-', '--index', '0'], {
      stdin: event({ segment_to_run: 'nonsense' }),
    });
    expect(other.out).toBe(`${SEGMENTS[0]!}\n`);
  });

  it('does not take the program of one segment for that of another', async () => {
    const stdin = event({ segment_config: { type: 'normal', nodes: ['own'] }, segment_id: 0 });
    expect((await statebag(scratch.dir, ['segment', '-'], { stdin })).out).toContain('own');
    expect((await statebag(scratch.dir, ['segment', '-', '--index', '0'], { stdin })).out).toContain('own');
    expect((await statebag(scratch.dir, ['segment', '-', '--index', '1'], { stdin })).out).toBe(`${SEGMENTS[1]!}\n`);
  });

  it.each([
    ['an index beyond the map', event(), ['--index', '2'], 1, 'SEGMENT_OUT_OF_RANGE'],
    ['an index that is none', event({ segment_to_run: -1 }), [], 1, 'SEGMENT_INDEX_INVALID'],
    ['nothing that leads to a program', '{"ownerId":"o"}', [], 1, 'SEGMENT_NOT_FOUND'],
    ['an event that is a list', '[]', [], 1, 'EVENT_INVALID'],
    ['text that is no JSON', 'hello', [], 1, 'JSON_SYNTAX'],
    [
      'a pointer and no store',
      smallBag({ partition_map: 's3://b/map.json', workflow_config: null }),
      [],
      2,
      'STORE_MISSING: the document has a pointer; following it needs --store',
    ],
    [
      'a pointer to nothing',
      smallBag({ partition_map: 's3://local/map.json', workflow_config: null }),
      ['--store', 'store', '--allow-prefix', 's3://local/'],
      1,
      'POINTER_DANGLING',
    ],
    [
      'a pointer to a foreign bucket',
      smallBag({ partition_map: 's3://b/map.json', workflow_config: null }),
      ['--store', 'store'],
      1,
      'POINTER_NOT_ALLOWED',
    ],
  ])('ends with a typed error for %s', async (_, stdin, more, expected, message) => {
    const { code, out, err } = await statebag(scratch.dir, ['segment', '-', ...more], { stdin });
    expect([code, out]).toEqual([expected, '']);
    expect(err).toContain(message);
  });
});
