import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/bag/value.js';
import { outlineMembers, outlineByKind } from '../../src/bag/edit.js';
import { assertOutline } from '../../src/validate/lean-bag.js';
import { CONTROL } from './bag-text.js';

const read = (text: string) => readDocument(Buffer.from(text));
const outlined = (members: object, filled: readonly string[] = []) => ({
  path: ['state_data'],
  members: outlineMembers(read(JSON.stringify(members))),
  filled,
});
const pointer = {
  __s3_pointer__: true,
  bucket: 'b',
  key: 'k',
  size_bytes: 2,
  checksum: '99914b93',
  field_name: 'x',
  created_at: 0,
};
const invalid = expect.objectContaining({ name: 'SchemaError', code: 'BAG_INVALID' }) as Error;

// Tests the gate itself: it stops a broken step, which no input of a command makes.
describe('an outline', () => {
  it('keeps scalars, and of what is larger the kind', () => {
    expect(
      outlineMembers(read('{"a":1.50,"b":"\\u0061","c":true,"d":false,"e":null,"f":{"x":1},"g":[1],"h":NaN}')),
    ).toEqual({ a: 1.5, b: 'a', c: true, d: false, e: null, f: {}, g: [], h: NaN });
  });

  it('keeps the entries of an inline manifest, and of larger members in them the kind', () => {
    expect(
      outlineMembers(
        read('{"segment_manifest":[{"segment_id":0,"segment_config":{"id":0}},null,1,[2],"d"],"mine":[{"a":1}]}'),
      ),
    ).toEqual({ segment_manifest: [{ segment_id: 0, segment_config: {} }, null, 1, [], 'd'], mine: [] });
  });

  it('keeps a legacy pointer, by which the bridge form is judged, but opens nothing inside it', () => {
    expect(outlineByKind(read(JSON.stringify({ ...pointer, more: { deep: 1 }, list: [1] })))).toEqual({
      ...pointer,
      more: {},
      list: [],
    });
    expect(outlineByKind(read('{"__s3_pointer__":true}'))).toEqual({});
    expect(read('{"a":1,"a":2}').names()).toEqual(['a']);
  });
});

describe('the gate before a commit', () => {
  const lean = { ...CONTROL, state_bag_version: 2, partition_map_s3_path: 's3://b/k' };

  it('lets a lean bag pass, with whatever else is in it', () => {
    expect(() => {
      assertOutline(outlined({ ...lean, current_state: { workflow_config: {} }, mine: 1 }), 'lean');
    }).not.toThrow();
  });

  it.each(['workflow_config', 'partition_map', '_is_init', '_status', 'manifest_id'])(
    'stops a lean bag that still has %s',
    (name) => {
      expect(() => {
        assertOutline(outlined({ ...lean, [name]: {} }), 'lean');
      }).toThrow(invalid);
    },
  );

  it('stops a lean bag that leads to no program, or is not stamped', () => {
    expect(() => {
      assertOutline(outlined({ ...lean, partition_map_s3_path: null }), 'lean');
    }).toThrow(invalid);
    expect(() => {
      assertOutline(outlined({ ...lean, state_bag_version: 1 }), 'lean');
    }).toThrow(invalid);
  });

  it.each([
    ['null in place of an entry', [{ segment_id: 0 }, null]],
    ['a number in place of an entry', [1]],
    ['an entry whose program is text', [{ segment_id: 0, segment_config: 'words' }]],
    ['an entry whose id is null', [{ segment_id: null }]],
    ['an entry whose path is empty', [{ segment_index: 0, manifest_s3_path: '' }]],
  ])('stops a lean bag whose inline manifest has %s', (_, manifest) => {
    expect(() => {
      assertOutline(outlined({ ...lean, segment_manifest: manifest }), 'lean');
    }).toThrow(invalid);
  });

  it('lets a bridge bag pass with pointers or empty values under the old names, and stops anything else', () => {
    for (const members of [
      { workflow_config: pointer, partition_map: null },
      { workflow_config: {}, partition_map: pointer },
      { workflow_config: '', partition_map: [] },
      {},
    ]) {
      expect(() => {
        assertOutline(outlined(members), 'bridge');
      }).not.toThrow();
    }
    for (const value of ['s3://b/k', { bucket: 'b', key: 'k' }, 1]) {
      expect(() => {
        assertOutline(outlined({ workflow_config: value }, ['workflow_config']), 'bridge');
      }).toThrow(invalid);
    }
    // What is too large for an outline is in it as an empty value of its kind.
    for (const [name, value] of Object.entries({ workflow_config: {}, partition_map: [] })) {
      expect(() => {
        assertOutline(outlined({ [name]: value }, [name]), 'bridge');
      }).toThrow(invalid);
    }
  });
});
