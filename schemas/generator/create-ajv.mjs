import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ANNOTATIONS } from './annotations.mjs';
import { DATE_TIME } from './date-time.mjs';

/** The compiler as every schema of this project is compiled: strict, all faults at once, source kept. */
export function createAjv() {
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    // "One of these members" is said with `anyOf` over `required`, apart from the `properties` it speaks of.
    strictRequired: false,
    allErrors: true,
    // Sentences for people are made from keyword and parameters; see src/bag/validate.
    messages: false,
    // Members are what the document has itself, not what a prototype lends.
    ownProperties: true,
    // Counts UTF-16 units, which is as good for `minLength: 1` and needs no helper; ajv would warn of it every time.
    unicode: false,
    logger: { log: ignore, warn: ignore, error: console.error },
    // A loop over required names instead of five lines for each.
    loopRequired: 2,
    code: { source: true, esm: true, lines: true },
  });
  // Formats that are expressions are inlined; one that is a function would be refused, and needs what DATE_TIME does.
  addFormats.default(ajv);
  ajv.addFormat('date-time', DATE_TIME);
  for (const annotation of ANNOTATIONS) ajv.addKeyword(annotation);
  return ajv;
}

function ignore() {
  // Strict mode throws where it would otherwise warn; what is left is about `unicode`.
}
