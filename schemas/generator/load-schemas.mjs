import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const BASE = 'https://statebag-shim.dev/schemas/';

/** Every schema of the folder in name order, as `{ name, schema }`. A file must be where its `$id` says. */
export function loadSchemas(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const schema = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    if (schema.$id !== `${BASE}${file}`) throw new Error(`${file}: its $id must be ${BASE}${file}, not ${schema.$id}`);
    return { name: file.slice(0, -'.json'.length), schema };
  });
}

/** `state-bag.v2` → `StateBagV2`. */
export function pascalCase(name) {
  return name.replace(/(?:^|[.-])(\w)/g, (_, letter) => letter.toUpperCase());
}

/** Head of every generated file. */
export const NOTICE = '// Generated from the JSON Schemas by `npm run generate`. Edit those, not this.\n';
