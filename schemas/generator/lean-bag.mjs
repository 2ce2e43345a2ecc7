import { NOTICE, pascalCase } from './load-schemas.mjs';

/** The schema of the newest version of the bag: `state-bag.v2`, or that of the highest number. */
export function newestLeanSchema(schemas) {
  const versions = schemas.flatMap(({ name, schema }) => {
    const [, version] = /^state-bag\.v(\d+)$/.exec(name) ?? [];
    return version === undefined ? [] : [{ name, schema, version: Number(version) }];
  });
  return versions.reduce((newest, each) => (each.version > newest.version ? each : newest));
}

/** The validator and the type of the newest version, under names without a number. */
export function renderLeanBag(schemas) {
  const { name, schema } = newestLeanSchema(schemas);
  return [
    NOTICE.trimEnd(),
    `export { validate${pascalCase(name)} as validateLeanBag } from './validators/${name}.js';`,
    `export type { ${renamed(typeName(schema.title), 'LeanStateBag')} } from './types.js';`,
    '',
  ].join('\n');
}

/** As the types are named: `State bag, version 3` → `StateBagVersion3`. */
function typeName(title) {
  const words = title.split(/[^A-Za-z0-9]+/);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

const renamed = (name, other) => (name === other ? name : `${name} as ${other}`);
