import { layOutBag } from '../bag.js';
import type { BagFacts } from '../bag-facts.js';
import type { JsonObject } from '../json-value.js';
import { offloadedMarker, offloadField, s3Pointer } from '../objects.js';
import type { FleetObject } from '../objects.js';
import { initialised } from './envelopes.js';
import type { Variant, VariantDocument } from './variant.js';

/** Config, map and input moved out by the hydrator: `__s3_pointer__` dictionaries under the old names. */
export const pointers: Variant = (facts) =>
  replaceFields(facts, ['workflow_config', 'partition_map', 'input'], (field, object) =>
    s3Pointer(facts, field, object),
  );

/** Config and map in the state manager's dialect. */
export const offloaded: Variant = (facts) =>
  replaceFields(facts, ['workflow_config', 'partition_map'], (_field, object) => offloadedMarker(object));

function replaceFields(
  facts: BagFacts,
  fields: readonly string[],
  pointerTo: (field: string, object: FleetObject) => JsonObject,
): VariantDocument {
  const bag = layOutBag(facts);
  const objects = fields.map((field, at) => {
    const object = offloadField(facts, field, bag[field]!, at * 2);
    bag[field] = pointerTo(field, object);
    return object;
  });
  return { document: initialised(bag), objects };
}
