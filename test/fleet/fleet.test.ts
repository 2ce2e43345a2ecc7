import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import type { FleetOptions } from '../../examples/fleet/fleet.js';
import { USUAL_MIX } from '../../examples/fleet/variants/index.js';

const SMALL_FLEET: FleetOptions = { seed: 5, bags: 24, workflows: 4, size: 'small' };

/** The text of a member's value: the fleet writes the next member right after it. */
function memberText(bytes: Buffer, name: string, next: string): string {
  const text = bytes.toString();
  return text.slice(text.indexOf(`"${name}":`), text.indexOf(`,"${next}":`));
}

function distinct(options: FleetOptions, textOf: (bytes: Buffer) => string): number {
  return new Set(Array.from(makeFleet(options), ({ bytes }) => textOf(bytes))).size;
}

describe('makeFleet', () => {
  it('makes the bags asked for, each under a name of its own', () => {
    const names = Array.from(makeFleet(SMALL_FLEET), ({ name }) => name);
    expect(new Set(names).size).toBe(24);
    expect(names[7]).toBe('000007-pre.json');
  });

  it('makes the same fleet for the same seed and another for another', () => {
    const digest = (seed: number): string => {
      const hash = createHash('sha256');
      for (const { bytes, objects } of makeFleet({ ...SMALL_FLEET, seed, bags: USUAL_MIX.length, mix: USUAL_MIX })) {
        hash.update(bytes);
        for (const object of objects) hash.update(object.key).update(object.bytes);
      }
      return hash.digest('hex');
    };
    expect(digest(5)).toBe(digest(5));
    expect(digest(5)).not.toBe(digest(6));
  });

  it('gives all bags of a workflow the same config and map, byte for byte', () => {
    expect(distinct(SMALL_FLEET, (bytes) => memberText(bytes, 'workflow_config', 'start_time'))).toBe(4);
    expect(distinct(SMALL_FLEET, (bytes) => memberText(bytes, 'partition_map', 'input'))).toBe(4);
    expect(distinct(SMALL_FLEET, (bytes) => memberText(bytes, 'current_state', 'state_durations'))).toBe(24);
    expect(distinct(SMALL_FLEET, (bytes) => bytes.toString())).toBe(24);
  });

  it('gives a workflow one owner, or as many as asked', () => {
    const owner = (bytes: Buffer): string => /"ownerId":"[^"]+"/.exec(bytes.toString())![0];
    expect(distinct(SMALL_FLEET, owner)).toBe(4);
    expect(distinct({ ...SMALL_FLEET, workflows: 1, ownersPerWorkflow: 3 }, owner)).toBe(3);
  });

  it('makes a workflow it has dropped again, the same', () => {
    const options: FleetOptions = { ...SMALL_FLEET, bags: 300, workflows: 100 };
    expect(distinct(options, (bytes) => memberText(bytes, 'workflow_config', 'start_time'))).toBe(100);
  });

  it('makes only what is taken from it', () => {
    const fleet = makeFleet({ ...SMALL_FLEET, size: 'headline', bags: 1_000_000 });
    expect(fleet.next().value?.bytes.length).toBeGreaterThan(300_000);
  });

  it('takes the variants of a mix in turn', () => {
    const variants = Array.from(
      makeFleet({ ...SMALL_FLEET, bags: 4, mix: ['lean', 'bare'] }),
      ({ variant }) => variant,
    );
    expect(variants).toEqual(['lean', 'bare', 'lean', 'bare']);
  });
});
