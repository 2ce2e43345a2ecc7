import { describe, expect, it } from 'vitest';
import {
  EVERYTHING,
  applySplices,
  invertSplices,
  lastMember,
  LEAF,
  openEmbedded,
  scanJson,
  spliceMembers,
  type Shape,
} from '../../src/json/index.js';
import { textOf, thrownBy, utf8 } from '../json/json-text.js';

/**
 * Seconds of processor time, so that a busy machine does not matter. They catch a quadratic slip, not a slow day: each
 * of these takes about a second, and would take minutes if any step looked back over what it has passed.
 */
const SECONDS = 10;

function within(seconds: number, work: () => void): void {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6).toBeLessThan(seconds);
}

/** `head`, then `filler` as often as it fits into `size` bytes, then `tail`. */
function filled(size: number, head: string, filler: string, tail: string): Uint8Array {
  const [first, unit, last] = [utf8(head), utf8(filler), utf8(tail)];
  const times = Math.floor((size - first.length - last.length) / unit.length);
  const bytes = new Uint8Array(first.length + times * unit.length + last.length);
  bytes.set(first);
  bytes.set(unit, first.length);
  for (let done = 1; done < times; done *= 2) {
    const from = first.length;
    bytes.copyWithin(from + done * unit.length, from, from + Math.min(done, times - done) * unit.length);
  }
  bytes.set(last, bytes.length - last.length);
  return bytes;
}

describe('time grows with the bytes only', () => {
  const map = filled(1_000_000, '{"partition_map":[', '{"a":1},', '{}]}');
  const keys = utf8(`{${Array.from({ length: 1_000_000 }, (_, index) => `"key_${index}":${index}`).join(',')}}`);

  it('for a map of 100,000 tiny elements, recorded and not', () => {
    within(SECONDS, () => {
      expect(scanJson(map, EVERYTHING).members?.[0]?.value.items?.length).toBeGreaterThan(100_000);
      expect(scanJson(map).end).toBe(map.length);
    });
  });

  it('for 1,000,000 names, recorded and not', () => {
    within(SECONDS, () => {
      const root = scanJson(keys, { anyMember: LEAF });
      expect(root.members).toHaveLength(1_000_000);
      expect(lastMember(root, 'key_0')?.value.end).toBe(10);
      expect(scanJson(keys).end).toBe(keys.length);
    });
  });

  it('for an edit of every one of 100,000 members', () => {
    const bytes = utf8(`{${Array.from({ length: 100_000 }, (_, index) => `"${index}":0`).join(',')}}`);
    const object = scanJson(bytes, { anyMember: LEAF });
    within(SECONDS, () => {
      const edits = object.members!.map((_, index) => ({
        kind: index % 2 === 0 ? ('remove' as const) : ('keep' as const),
      }));
      const splices = spliceMembers(bytes, object, edits, []);
      const result = applySplices(bytes, splices);
      expect(scanJson(result, { anyMember: LEAF }).members).toHaveLength(50_000);
      expect(Buffer.compare(applySplices(result, invertSplices(bytes, splices)), bytes)).toBe(0);
    });
  });

  it('for 40 MB of blanks, in a document and alone', () => {
    within(SECONDS, () => {
      checkPadded(filled(40_000_000, '{"a":', ' ', '1}'));
    });
  });

  it('for 10 MB each of line breaks and tabs, in a document and alone', () => {
    within(SECONDS, () => {
      for (const blank of ['\n', '\r\n', '\t']) checkPadded(filled(10_000_000, '{"a":', blank, '1}'));
    });
  });

  it('for a 40 MB string of backslashes, and one of 8 MB that is opened', () => {
    const bytes = filled(40_000_000, '["', '\\\\', '"]');
    const smaller = filled(8_000_000, '["', '\\\\', '"]');
    within(SECONDS, () => {
      expect(scanJson(bytes).end).toBe(bytes.length);
      expect(() => scanJson(bytes.subarray(0, -3))).toThrow(/unexpected end of the document/);
      expect(openEmbedded(smaller, scanJson(smaller, { items: LEAF }).items![0]!)).toHaveLength(
        (smaller.length - 4) / 2,
      );
    });
  });

  it('for 10 MB of escaped units and of quotes', () => {
    within(SECONDS, () => {
      for (const filler of ['\\ud55c', '","']) {
        const bytes = filled(10_000_000, '["', filler, '"]');
        expect(scanJson(bytes).end).toBe(bytes.length);
      }
    });
  });

  it('for malformed UTF-8 at the end of 10 MB', () => {
    const bytes = filled(10_000_000, '["', '한', '"]');
    bytes[bytes.length - 3] = 0x20;
    within(SECONDS, () => {
      expect(thrownBy(() => scanJson(bytes))).toMatchObject({
        code: 'INVALID_UTF8',
        context: { offset: bytes.length - 5 },
      });
    });
  });

  it('for depth 60,000, which is refused without using the call stack', () => {
    within(SECONDS, () => {
      for (const unit of ['[', '{"a":', '[{"a":']) {
        for (const shape of [LEAF, EVERYTHING]) {
          const error = thrownBy(() => scanJson(utf8(unit.repeat(60_000)), shape));
          expect(error).toMatchObject({ code: 'JSON_TOO_DEEP' });
        }
      }
    });
  });
});

function checkPadded(padded: Uint8Array): void {
  expect(scanJson(padded, EVERYTHING).members?.[0]?.value.start).toBe(padded.length - 2);
  expect(thrownBy(() => scanJson(padded.subarray(5, -2)))).toMatchObject({ code: 'JSON_EMPTY' });
}

describe('a document of 150 MB', () => {
  it('is scanned, cut and put back', () => {
    const unit = '{"key":"out_1","rows":[1,2.5,null],"body":"text of a section that goes on for a while 한글"},';
    const bytes = filled(
      150_000_000,
      '{"workflow_config":{"id":"wf"},"current_state":[',
      unit,
      '{}],"segment_to_run":3}',
    );
    const shape: Shape = { members: { workflow_config: { anyMember: LEAF } } };
    within(SECONDS, () => {
      const root = scanJson(bytes, shape);
      expect(root.members?.map(({ name }) => name)).toEqual(['workflow_config', 'current_state', 'segment_to_run']);
      const splices = spliceMembers(bytes, root, [{ kind: 'remove' }, { kind: 'keep' }, { kind: 'keep' }], []);
      const lean = applySplices(bytes, splices);
      expect(textOf(lean.subarray(0, 18))).toBe('{"current_state":[');
      expect(Buffer.compare(applySplices(lean, invertSplices(bytes, splices)), bytes)).toBe(0);
    });
  });
});
