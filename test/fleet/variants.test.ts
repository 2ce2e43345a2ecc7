import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import type { FleetDocument, FleetOptions } from '../../examples/fleet/fleet.js';
import { STYLES } from '../../examples/fleet/spelling.js';
import { NOT_STRICT_JSON, USUAL_MIX, VARIANT_NAMES } from '../../examples/fleet/variants/index.js';
import type { VariantName } from '../../examples/fleet/variants/index.js';

type Json = Record<string, unknown>;

function make(variant: VariantName, options: Partial<FleetOptions> = {}): FleetDocument {
  return makeFleet({ seed: 21, bags: 1, workflows: 1, size: 'small', variant, ...options }).next().value!;
}

function parsed(variant: VariantName): Json {
  return JSON.parse(make(variant).bytes.toString()) as Json;
}

function bagOf(variant: VariantName): Json {
  return parsed(variant).state_data as Json;
}

/** The map of the same bag as every variant writes it down. */
const fatMap = bagOf('pre').partition_map as Json[];
const fatConfig = bagOf('pre').workflow_config;

function storedUnder(document: FleetDocument, uri: unknown): Buffer {
  const found = document.objects.find(({ bucket, key }) => uri === `s3://${bucket}/${key}`);
  return Buffer.from(found!.bytes);
}

describe.each(VARIANT_NAMES.filter((name) => !NOT_STRICT_JSON.includes(name)))('the variant %s', (variant) => {
  it.each(STYLES)('is JSON in style %s', (style) => {
    expect(JSON.parse(make(variant, { style }).bytes.toString())).toBeTypeOf('object');
  });

  it('means the same in every style', () => {
    const compact = JSON.parse(make(variant).bytes.toString()) as Json;
    if (variant === 'payload-string') return;
    for (const style of STYLES) expect(JSON.parse(make(variant, { style }).bytes.toString())).toEqual(compact);
  });
});

describe('envelopes', () => {
  it('wrap the same bag in the ways callers did', () => {
    const bag = bagOf('pre');
    expect(parsed('pre').next_action).toBe('STARTED');
    expect(parsed('bare')).toEqual(bag);
    expect(parsed('run-step')).toEqual({ bag, next_action: 'CONTINUE' });
    expect(parsed('payload-object')).toEqual({ Payload: { state_data: bag, next_action: 'STARTED' } });
    expect(JSON.parse(parsed('payload-string').Payload as string)).toEqual({ state_data: bag, next_action: 'STARTED' });
    expect(parsed('double-nested')).toEqual({ state_data: { state_data: bag } });
  });

  it('leave a newer bag inside an older one', () => {
    const outer = bagOf('bag-in-bag');
    const inner = outer.state_data as Json;
    expect(outer.segment_to_run).toBe(0);
    expect(inner.segment_to_run).toBeGreaterThan(0);
    expect([outer.workflow_config, inner.workflow_config]).toEqual([fatConfig, fatConfig]);
  });
});

describe('January', () => {
  it('kept everything at the root, manifest included, and empty paths', () => {
    const bag = parsed('flat-jan18');
    expect(bag.workflow_config).toEqual(fatConfig);
    expect([bag.state_s3_path, bag.partition_map_s3_path, bag.segment_manifest_s3_path]).toEqual(['', '', '']);
    expect(bag).not.toHaveProperty('distributed_strategy');
    const map = bag.partition_map as Json[];
    expect(map.map((entry) => entry.id)).toEqual(fatMap.map((entry) => entry.id));
    expect(map[0]).not.toHaveProperty('outgoing_edges');
    expect((bag.segment_manifest as Json[]).map((entry) => entry.segment_config)).toEqual(map);
  });

  it('later moved config and state to objects and kept a summary', () => {
    const document = make('light-jan29');
    const bag = JSON.parse(document.bytes.toString()) as Json;
    expect(bag).not.toHaveProperty('workflow_config');
    expect(bag).not.toHaveProperty('current_state');
    expect((bag.light_config as Json).node_count).toBe(3);
    expect(JSON.parse(storedUnder(document, bag.workflow_config_s3_path).toString())).toEqual(fatConfig);
    expect(JSON.parse(storedUnder(document, bag.state_s3_path).toString())).toEqual(bagOf('pre').current_state);
    expect(bag.partition_map).toHaveLength(3);
  });
});

describe('pointers', () => {
  it('lead to the fields, with size and the first 8 digits of the MD5', () => {
    const document = make('pointers');
    const bag = (JSON.parse(document.bytes.toString()) as Json).state_data as Json;
    for (const field of ['workflow_config', 'partition_map', 'input']) {
      const pointer = bag[field] as Json;
      const bytes = storedUnder(document, `s3://${String(pointer.bucket)}/${String(pointer.key)}`);
      expect(pointer).toMatchObject({ __s3_pointer__: true, field_name: field, size_bytes: bytes.length });
      expect(pointer.checksum).toBe(createHash('md5').update(bytes).digest('hex').slice(0, 8));
      expect(pointer.key).toContain('#auto#');
      expect(JSON.parse(bytes.toString())).toEqual(bagOf('pre')[field]);
    }
  });

  it('of the state manager lead to config and map', () => {
    const document = make('offloaded');
    const bag = (JSON.parse(document.bytes.toString()) as Json).state_data as Json;
    const [config, map] = [bag.workflow_config as Json, bag.partition_map as Json];
    expect([config.__s3_offloaded, map.__s3_offloaded]).toEqual([true, true]);
    expect(JSON.parse(storedUnder(document, config.__s3_path).toString())).toEqual(fatConfig);
    expect(JSON.parse(storedUnder(document, map.__s3_path).toString())).toEqual(fatMap);
  });

  it('of a lean bag are content addresses', () => {
    const document = make('lean');
    const bag = (JSON.parse(document.bytes.toString()) as Json).state_data as Json;
    for (const gone of ['workflow_config', 'partition_map', '_is_init', '_status'])
      expect(bag).not.toHaveProperty(gone);
    expect(bag.state_bag_version).toBe(2);
    expect(JSON.parse(storedUnder(document, bag.workflow_config_s3_path).toString())).toEqual(fatConfig);
    expect(JSON.parse(storedUnder(document, bag.partition_map_s3_path).toString())).toEqual(fatMap);
    const manifest = JSON.parse(storedUnder(document, bag.segment_manifest_s3_path).toString()) as Json[];
    expect(manifest.map((entry) => entry.segment_config)).toEqual(fatMap);
    for (const { key, bytes } of document.objects)
      expect(key).toContain(createHash('sha256').update(bytes).digest('hex'));
  });
});

describe('maps', () => {
  it('may be dictionaries with the index as key', () => {
    const bag = bagOf('dict-map');
    expect(bag.partition_map).toEqual(Object.fromEntries(fatMap.map((entry, at) => [String(at), entry])));
    const text = make('dict-map').bytes.toString();
    expect(text.indexOf('{"2":{')).toBeGreaterThan(0);
  });

  it('may nest each entry in a segment_config', () => {
    expect((bagOf('nested-entries').partition_map as Json[]).map((entry) => entry.segment_config)).toEqual(fatMap);
  });

  it('may hold nulls, be empty, or be missing', () => {
    const withNulls = bagOf('null-in-map').partition_map as unknown[];
    expect(withNulls.slice(0, 3)).toEqual([null, fatMap[0], null]);
    expect(withNulls.filter((entry) => entry !== null)).toEqual(fatMap);
    expect(bagOf('empty-map').partition_map).toEqual([]);
    expect(bagOf('no-map')).not.toHaveProperty('partition_map');
  });
});

describe('hazards', () => {
  it('has keys that a careless copy loses', () => {
    const document = make('pathological-keys').bytes.toString();
    expect(document).toContain('"__proto__":{"polluted":true}');
    expect(document.indexOf('"10":"ten"')).toBeLessThan(document.indexOf('"9":"nine"'));
    expect(document.split('"verdict":')).toHaveLength(3);
    expect(document).toContain('"partition\\u005fmap":');
    expect(bagOf('pathological-keys').partition_map).toEqual(fatMap);
  });

  it('has the config twice, the second one the true one', () => {
    expect(make('duplicate-fields').bytes.toString().split('"workflow_config":')).toHaveLength(3);
    expect(bagOf('duplicate-fields').workflow_config).toEqual(fatConfig);
  });

  it('has numbers and escapes that a round trip through JavaScript changes', () => {
    const text = make('python-numbers').bytes.toString();
    for (const token of ['1.0', '-0.0', '1e+16', '1e-07', '9007199254740993', 'NaN', '-Infinity', '"\\ud800"']) {
      expect(text).toContain(`:${token}`);
    }
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(() => JSON.parse(text.replace(/NaN|-Infinity/g, 'null')) as unknown).not.toThrow();
  });

  it('has user data that looks like the program', () => {
    const state = bagOf('lookalikes').current_state as Json;
    expect((state.attachment as Json).__s3_pointer__).toBe(true);
    expect(make('lookalikes').objects).toEqual([]);
  });

  it('has documents that are no bags', () => {
    const keys = Object.keys(parsed('foreign'));
    expect(keys).toEqual(['order', 'customer', 'rows', 'total']);
  });
});

describe('the usual mix', () => {
  it('has every variant but those that carry the config twice or are quarantined', () => {
    const others = ['bag-in-bag', 'duplicate-fields', 'null-in-map'];
    expect([...new Set(USUAL_MIX)].sort()).toEqual(VARIANT_NAMES.filter((name) => !others.includes(name)).sort());
  });
});
