import { readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDocument } from '../../dist/src/bag/value.js';
import { ConfigError } from '../../dist/src/errors/index.js';
import { compileSchema } from '../../dist/src/cli/validation/user-schema.js';

/*
 * Counts the cases of the JSON Schema Test Suite in a folder that the checker of `statebag validate --schema` decides
 * right, decides wrong, refuses (exit 2) or ends in. Fails when one is wrong or ends the checker, and when more are
 * refused or fewer are there than expected.
 */

const LEFT_OUT = ['refRemote.json', 'format.json', 'vocabulary.json', 'content.json'];
const CASES = 1_070;
const MAX_REFUSED = 20;
/** Threads at work at one time. */
const LANES = 2;

const [folder] = process.argv.slice(2);
const counts = { right: 0, wrong: 0, refused: 0, crashed: 0 };
const groups = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && !LEFT_OUT.includes(file))
  .flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).map((group) => ({ ...group, file })));

const began = Date.now();
await Promise.all(Array.from({ length: LANES }, runLane));
const cases = Object.values(counts).reduce((sum, count) => sum + count, 0);
for (const [verdict, count] of Object.entries(counts)) console.log(`${verdict.padEnd(10)}${String(count).padStart(6)}`);
console.log(`${'cases'.padEnd(10)}${String(cases).padStart(6)}  in ${Math.round((Date.now() - began) / 1_000)} s`);
const holds = cases >= CASES && counts.wrong === 0 && counts.crashed === 0 && counts.refused <= MAX_REFUSED;
process.exitCode = holds ? 0 : 1;

async function runLane() {
  for (let group = groups.shift(); group; group = groups.shift()) await runGroup(group);
}

async function runGroup({ file, description, schema, tests }) {
  const name = `${file}: ${description}`;
  let checker;
  try {
    checker = await compileSchema(name, Buffer.from(JSON.stringify(schema)), join(tmpdir(), 'schema.json'));
    for (const test of tests) await runCase(checker, name, test);
  } catch (error) {
    const verdict = error instanceof ConfigError ? 'refused' : 'crashed';
    count(verdict, tests.length, `${error.code} ${error.message}`);
  } finally {
    await checker?.close();
  }
}

async function runCase(checker, name, { description, data, valid }) {
  const issues = await checker.issuesOf(data, readDocument(Buffer.from(JSON.stringify(data))));
  const isOpen = issues.some(({ keyword }) => keyword.startsWith('SCHEMA_'));
  const verdict = isOpen ? 'crashed' : (issues.length === 0) === valid ? 'right' : 'wrong';
  count(verdict, 1, `${name}: ${description}: ${JSON.stringify(issues)}`);
}

function count(verdict, cases, about) {
  counts[verdict] += cases;
  if (verdict !== 'right') console.log(`${verdict}: ${cases} of ${about}`);
}
