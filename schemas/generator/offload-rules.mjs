import { newestLeanSchema } from './lean-bag.mjs';
import { NOTICE } from './load-schemas.mjs';

/** The annotations `x-offload` and `x-max-inline-bytes` of the newest lean bag as a constant, in the order of the schema. */
export function renderOffloadRules(schemas) {
  const { schema } = newestLeanSchema(schemas);
  const rules = Object.entries(schema.properties).flatMap(([member, property]) => offloadRule(member, property));
  return `${NOTICE}\nexport const offloadRules = ${JSON.stringify(rules, null, 2)} as const;\n`;
}

function offloadRule(member, property) {
  const offload = property['x-offload'];
  if (offload === undefined) return [];
  const { pointer, folder, file, usage } = offload;
  return [{ member, pointer, folder, file, usage: usage ?? null, maxInlineBytes: property['x-max-inline-bytes'] }];
}
