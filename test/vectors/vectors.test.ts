import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatVector, makeVectors } from './make-vectors.js';
import type { Vector } from './make-vectors.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const fileOf = ({ name }: Vector) => join(HERE, `${name}.json`);

const vectors = await makeVectors();

// `UPDATE_VECTORS=1 npx vitest run test/vectors` writes them anew; they are frozen with the wire format.
if (process.env.UPDATE_VECTORS === '1')
  for (const vector of vectors) writeFileSync(fileOf(vector), formatVector(vector));

describe('the vectors', () => {
  it('are those that the fixtures give, byte for byte', () => {
    for (const vector of vectors) expect(readFileSync(fileOf(vector), 'utf8'), vector.name).toBe(formatVector(vector));
    expect(readdirSync(HERE).filter((file) => file.endsWith('.json'))).toEqual(
      vectors.map(({ name }) => `${name}.json`).sort(),
    );
  });
});
