import type { BagFacts } from '../bag-facts.js';
import type { JsonValue } from '../json-value.js';
import type { FleetObject } from '../objects.js';
import type { Style } from '../spelling.js';

/** One document of a fleet before it is spelled, with what it points to. */
export interface VariantDocument {
  readonly document: JsonValue;
  readonly objects: readonly FleetObject[];
}

/** A way in which an execution was once written down. `style` matters only to those that hold JSON inside a string. */
export type Variant = (facts: BagFacts, style: Style) => VariantDocument;

/** A document that points to nothing the fleet has to store. */
export function alone(document: JsonValue): VariantDocument {
  return { document, objects: [] };
}
