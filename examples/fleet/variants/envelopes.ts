import type { BagFacts } from '../bag-facts.js';
import { layOutBag } from '../bag.js';
import type { JsonObject, JsonValue } from '../json-value.js';
import { serialise } from '../serialise.js';
import { alone } from './variant.js';
import type { Variant } from './variant.js';

/** What the last legacy initialiser returned. */
export function initialised(bag: JsonValue): JsonObject {
  return { state_data: bag, next_action: 'STARTED' };
}

/** `{state_data, next_action}`. */
export const pre: Variant = (facts) => alone(initialised(layOutBag(facts)));

/** The bag itself, as the state machine hands it to the runner. */
export const bare: Variant = (facts) => alone(layOutBag(facts));

/** `{bag, next_action}`: what the runner returned. */
export const runStep: Variant = (facts) => alone({ bag: layOutBag(facts), next_action: 'CONTINUE' });

/** A Lambda result the state machine did not unwrap. */
export const payloadObject: Variant = (facts) => alone({ Payload: initialised(layOutBag(facts)) });

/** The same with the payload still a string. */
export const payloadString: Variant = (facts, style) =>
  alone({ Payload: serialise(initialised(layOutBag(facts)), style) });

/** Wrapped twice. */
export const doubleNested: Variant = (facts) => alone({ state_data: { state_data: layOutBag(facts) } });

/** A bag with a newer bag inside it, as the second turn of the branch loop left it; both carry config and map. */
export const bagInBag: Variant = (facts) => {
  const outer = layOutBag({ ...facts, segmentToRun: 0 });
  const inner: BagFacts = {
    ...facts,
    segmentToRun: Math.min(facts.segmentToRun + 1, facts.workflow.entries.length - 1),
  };
  return alone({
    state_data: { ...outer, state_data: layOutBag(inner), next_action: 'CONTINUE', state_size_threshold: 180 },
  });
};
