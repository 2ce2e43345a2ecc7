import { bagInBag, bare, doubleNested, payloadObject, payloadString, pre, runStep } from './envelopes.js';
import { duplicateFields, lookalikes, pathologicalKeys, pythonNumbers } from './hazards.js';
import { flatJan18, lightJan29 } from './january.js';
import { foreign, lean } from './lean.js';
import { dictMap, emptyMap, noMap, nestedEntries, nullInMap } from './maps.js';
import { offloaded, pointers } from './pointers.js';
import type { Variant } from './variant.js';

/** Every way in which the fleet writes a bag down. */
export const VARIANTS = {
  pre,
  bare,
  'run-step': runStep,
  'flat-jan18': flatJan18,
  'light-jan29': lightJan29,
  pointers,
  offloaded,
  'dict-map': dictMap,
  'nested-entries': nestedEntries,
  'null-in-map': nullInMap,
  'no-map': noMap,
  'empty-map': emptyMap,
  'payload-object': payloadObject,
  'payload-string': payloadString,
  'double-nested': doubleNested,
  'bag-in-bag': bagInBag,
  'pathological-keys': pathologicalKeys,
  'duplicate-fields': duplicateFields,
  'python-numbers': pythonNumbers,
  lookalikes,
  lean,
  foreign,
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof VARIANTS;
export const VARIANT_NAMES = Object.keys(VARIANTS) as readonly VariantName[];

/** Those that hold `NaN` and the like, which `JSON.parse` refuses. */
export const NOT_STRICT_JSON: readonly VariantName[] = ['python-numbers'];

/** The codes with which a migration leaves variants as they are, by its target. */
export const QUARANTINED: Readonly<Record<'lean' | 'bridge', Partial<Readonly<Record<VariantName, string>>>>> = {
  lean: { 'null-in-map': 'MAP_HAS_NULLS' },
  bridge: { 'null-in-map': 'MAP_HAS_NULLS', 'flat-jan18': 'FLAT_ERA_BAG', 'light-jan29': 'FLAT_ERA_BAG' },
};

/**
 * What an operator meets: every variant but the two that carry the config twice and the one that is quarantined, and
 * one fat bag of the last release after each.
 */
export const USUAL_MIX: readonly VariantName[] = VARIANT_NAMES.filter(
  (name) => name !== 'pre' && name !== 'bag-in-bag' && name !== 'duplicate-fields' && name !== 'null-in-map',
).flatMap((name): VariantName[] => ['pre', name]);
