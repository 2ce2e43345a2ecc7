import { layOutBag } from '../bag.js';
import type { BagFacts } from '../bag-facts.js';
import { omit } from '../json-value.js';
import type { JsonObject, JsonValue } from '../json-value.js';
import { manifestEntries } from '../manifest.js';
import { initialised } from './envelopes.js';
import { alone } from './variant.js';
import type { Variant, VariantDocument } from './variant.js';

/** A dictionary from index to entry. The keys stand in reverse, because their order has no meaning. */
export const dictMap: Variant = (facts) =>
  withMap(
    facts,
    new Map(facts.workflow.entries.map((entry, at): [string, JsonObject] => [String(at), entry]).reverse()),
  );

/** Each entry inside a `segment_config`, as in a manifest. */
export const nestedEntries: Variant = (facts) => withMap(facts, manifestEntries(facts.workflow.entries));

/** Null elements, which legacy readers skip without counting them. */
export const nullInMap: Variant = (facts) =>
  withMap(facts, [null, ...facts.workflow.entries.slice(0, 1), null, ...facts.workflow.entries.slice(1)]);

export const emptyMap: Variant = (facts) => withMap(facts, []);

/** A bag that never had a map: the runner partitioned the config each time. */
export const noMap: Variant = (facts) => alone(initialised(omit(layOutBag(facts), 'partition_map')));

function withMap(facts: BagFacts, map: JsonValue): VariantDocument {
  return alone(initialised({ ...layOutBag(facts), partition_map: map }));
}
