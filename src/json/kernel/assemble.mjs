import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import loadWabt from 'wabt';

/* Makes `code.ts` of `scan.wat`: `npm run kernel`, to be run after every change there. */

const place = (name) => fileURLToPath(new URL(name, import.meta.url));
const source = readFileSync(place('scan.wat'));
const wabt = await loadWabt();
const module = wabt.parseWat('scan.wat', source, { simd: true });
module.validate();
const code = Buffer.from(module.toBinary({}).buffer);
const text = `/* Assembled from scan.wat by assemble.mjs; do not edit. */

/** SHA-256 of the source, so that a test can tell when this is out of date. */
export const SOURCE_SHA256 = '${createHash('sha256').update(source).digest('hex')}';

/** The WebAssembly module, ${code.length} bytes, in base64. */
export const CODE =
  '${code.toString('base64')}';
`;
writeFileSync(place('code.ts'), text);
process.stdout.write(`scan.wat: ${code.length} bytes of code\n`);
