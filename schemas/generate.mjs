// Compiles the schemas ahead of time: validators, types and offload rules go to `schemas/generated/`, so that nothing
// compiles at start-up. `--schemas DIR` reads others, `--out DIR` writes elsewhere. The same schemas always give the
// same bytes.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderLeanBag } from './generator/lean-bag.mjs';
import { loadSchemas } from './generator/load-schemas.mjs';
import { renderOffloadRules } from './generator/offload-rules.mjs';
import { renderTypes } from './generator/types.mjs';
import { renderValidators } from './generator/validators.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    schemas: { type: 'string', default: here },
    out: { type: 'string', default: join(here, 'generated') },
  },
});

const schemas = loadSchemas(values.schemas);
const files = {
  ...renderValidators(schemas),
  'types.ts': await renderTypes(schemas),
  'lean-bag.ts': renderLeanBag(schemas),
  'offload-rules.ts': renderOffloadRules(schemas),
};

mkdirSync(join(values.out, 'validators'), { recursive: true });
for (const [name, text] of Object.entries(files)) writeIfChanged(join(values.out, name), text);

/**
 * Leaves an equal file alone, so that watchers stay quiet; otherwise replaces it whole, so that no reader sees half.
 */
function writeIfChanged(path, text) {
  if (readOrUndefined(path) === text) return;
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

function readOrUndefined(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
