import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stateBagMatchers } from 'statebag-shim/vitest';
import { leanBag } from '../validate/lean-bag.js';

expect.extend(stateBagMatchers);

const fat = { ...leanBag, workflow_config: { nodes: [] }, partition_map: [] };

const saysOf = (value: unknown) => stateBagMatchers.toBeLeanStateBag(value).message();

describe('toBeLeanStateBag', () => {
  it.each<[string, unknown]>([
    ['a bag', leanBag],
    ['a bag in its envelope', { state_data: { bag: leanBag } }],
    ['JSON text', JSON.stringify(leanBag)],
    ['JSON text in an envelope', { Payload: JSON.stringify(leanBag) }],
  ])('accepts %s', (_, value) => {
    expect(value).toBeLeanStateBag();
  });

  it.each<[string, unknown]>([
    ['a fat bag', fat],
    ['a fat bag in its envelope', { bag: fat }],
    ['an unstamped bag with paths and an inline program', { ...fat, state_bag_version: undefined }],
    ['a lean bag next to an inline program', { workflow_config: { nodes: [1] }, Payload: JSON.stringify(leanBag) }],
    ['a fat bag over the limit', { ...fat, current_state: 'x'.repeat(300_000) }],
    ['something else', { hello: 1 }],
    ['nothing', undefined],
    ['text', 'hello'],
    ['a list', [leanBag]],
  ])('refuses %s', (_, value) => {
    expect(value).not.toBeLeanStateBag();
  });

  const circle: Record<string, unknown> = { ...leanBag };
  circle.self = circle;
  const mixed = {
    __s3_pointer__: true,
    bucket: 'b',
    key: `state-members/o/w/${'0'.repeat(64)}/current_state.json`,
    merged: 1,
  };
  it.each<[string, unknown]>([
    ['two owners', { ownerId: 'another', bag: leanBag }],
    ['two spellings of an owner', { ...leanBag, owner_id: 'another' }],
    ['a mixed pointer next to the bag', { bag: leanBag, note: [mixed] }],
    ['a mixed pointer in JSON text', { ...leanBag, note: JSON.stringify({ mixed }) }],
    ['an object that JSON makes a fat bag', { ...leanBag, toJSON: () => fat }],
    ['a member that JSON makes a fat bag', { ...leanBag, state_data: { toJSON: () => fat } }],
    ['a circle', circle],
    ['a big integer', { ...leanBag, count: 1n }],
  ])('refuses %s, as validate does', (_, value) => {
    expect(stateBagMatchers.toBeLeanStateBag(value).pass).toBe(false);
  });

  it('accepts an object that JSON makes a lean bag', () => {
    expect({ toJSON: () => leanBag }).toBeLeanStateBag();
    expect({ ...leanBag, workflow_config: undefined }).toBeLeanStateBag();
  });

  it('names what is wrong, where, and what to do', () => {
    expect(() => {
      expect({ state_data: fat }).toBeLeanStateBag();
    }).toThrow(
      /\/state_data\/workflow_config: `workflow_config` is inline; .* Migrate the document with `statebag migrate`/,
    );
    expect(saysOf({ state_data: fat })).toContain('/state_data/partition_map: `partition_map` is inline');
    expect(saysOf({ hello: 1 })).toContain('it is not a state bag and does not contain one');
    expect(saysOf(leanBag)).toContain('expected the value not to be a lean state bag');
  });

  it('counts bytes of UTF-8, not characters', () => {
    const bag = { ...leanBag, current_state: '한'.repeat(1000) };
    const bytes = Buffer.byteLength(JSON.stringify(bag));
    expect(bag).toBeLeanStateBag({ maxBytes: bytes });
    expect(bag).not.toBeLeanStateBag({ maxBytes: bytes - 1 });
    expect({ ...leanBag, current_state: 'x'.repeat(262_144) }).not.toBeLeanStateBag();
  });
});

describe('the package', () => {
  it('exports the matchers with their types, and every schema under a stable name', async () => {
    const { stateBagMatchers: exported } = (await import('statebag-shim/matchers')) as {
      stateBagMatchers: typeof stateBagMatchers;
    };
    expect(exported.toBeLeanStateBag(leanBag).pass).toBe(true);
    const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    expect(Object.keys(exports)).toEqual(expect.arrayContaining(['./matchers', './vitest', './schemas/*.json']));
    const schema = (await import('statebag-shim/schemas/state-bag.v2.json', { with: { type: 'json' } })) as {
      default: { $id: string };
    };
    expect(schema.default.$id).toBe('https://statebag-shim.dev/schemas/state-bag.v2.json');
  });
});
