import { layOutBag } from '../bag.js';
import type { BagFacts } from '../bag-facts.js';
import { Raw } from '../json-value.js';
import type { JsonMap, JsonObject, JsonValue } from '../json-value.js';
import { offloadField, s3Pointer } from '../objects.js';
import { initialised } from './envelopes.js';
import { alone } from './variant.js';
import type { Variant, VariantDocument } from './variant.js';

/** `__proto__`, repeated and escaped keys in the state, and the map's own key spelled with an escape. */
export const pathologicalKeys: Variant = (facts) => {
  const state: JsonMap = new Map<string | Raw, JsonValue>([
    ...Object.entries(facts.state),
    ['__proto__', { polluted: true }],
    ['constructor', { prototype: { x: 1 } }],
    ['10', 'ten'],
    ['9', 'nine'],
    ['verdict', 'first'],
    [new Raw('"verdict"'), 'second'],
    [new Raw('"escap\\u0065d"'), 1],
    ['', 'no name'],
  ]);
  const bag = Object.entries({ ...layOutBag(facts), current_state: state }).map(
    ([name, value]): [string | Raw, JsonValue] => [
      name === 'partition_map' ? new Raw('"partition\\u005fmap"') : name,
      value,
    ],
  );
  return alone(initialised(new Map(bag)));
};

/** The config twice in one bag; every parser takes the second. */
export const duplicateFields: Variant = (facts) => {
  const bag = Object.entries(layOutBag(facts)).flatMap(([name, value]): [string | Raw, JsonValue][] =>
    name === 'workflow_config'
      ? [
          [new Raw('"workflow_config"'), { workflow_name: 'replaced' }],
          [name, value],
        ]
      : [[name, value]],
  );
  return alone(initialised(new Map(bag)));
};

/** Spellings that JavaScript would change in passing. `NaN` is not JSON, though Python writes and reads it. */
export const pythonNumbers: Variant = (facts) =>
  withState(facts, {
    one: new Raw('1.0'),
    minus_zero: new Raw('-0.0'),
    big: new Raw('1e+16'),
    tiny: new Raw('1e-07'),
    beyond_double: new Raw('9007199254740993'),
    missing: new Raw('NaN'),
    endless: new Raw('-Infinity'),
    escaped: new Raw('"\\uac80\\ud1a0 \\u2713 \\/"'),
    lone_surrogate: new Raw('"\\ud800"'),
  });

/** User data that looks like the program or like a pointer to it, and must be left alone. */
export const lookalikes: Variant = (facts) => {
  const decoy = offloadField(facts, 'current_state', { never: 'stored' }, 9);
  return withState(facts, {
    workflow_config: { nodes: [], edges: [] },
    partition_map: [{ partition_id: 'p-1', items: ['a', 'b'] }],
    attachment: s3Pointer(facts, 'attachment', decoy),
    report_s3_path: 's3://somebody-elses-bucket/report.json',
    _is_init: true,
  });
};

function withState(facts: BagFacts, members: JsonObject): VariantDocument {
  return alone(initialised({ ...layOutBag(facts), current_state: { ...facts.state, ...members } }));
}
