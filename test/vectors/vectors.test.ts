import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { statebag, useScratch } from '../cli/terminal.js';
import { EVENT_VECTORS, formatEventVectors } from './event-vectors.js';
import { formatVector, makeVectors } from './make-vectors.js';
import type { Vector } from './make-vectors.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const EVENTS_FILE = join(HERE, 'events/segments.json');
const fileOf = ({ name }: Vector) => join(HERE, `${name}.json`);

const vectors = await makeVectors();
const scratch = useScratch();

// `UPDATE_VECTORS=1 npx vitest run test/vectors` writes the files again; they are frozen with the wire format.
if (process.env.UPDATE_VECTORS === '1') {
  for (const vector of vectors) writeFileSync(fileOf(vector), formatVector(vector));
  mkdirSync(dirname(EVENTS_FILE), { recursive: true });
  writeFileSync(EVENTS_FILE, formatEventVectors(EVENT_VECTORS));
}

describe('the vectors', () => {
  it('are those that the fixtures give, byte for byte', () => {
    for (const vector of vectors) expect(readFileSync(fileOf(vector), 'utf8'), vector.name).toBe(formatVector(vector));
    expect(readdirSync(HERE).filter((file) => file.endsWith('.json'))).toEqual(
      vectors.map(({ name }) => `${name}.json`).sort(),
    );
  });

  it('of events are those of the table, byte for byte, each with a name of its own', () => {
    expect(readFileSync(EVENTS_FILE, 'utf8')).toBe(formatEventVectors(EVENT_VECTORS));
    expect(new Set(EVENT_VECTORS.map(({ name }) => name)).size).toBe(EVENT_VECTORS.length);
  });
});

describe('statebag segment gives the answer of the vector', () => {
  it.each(EVENT_VECTORS.map((vector) => [vector.name, vector] as const))('%s', async (_name, vector) => {
    for (const [key, text] of Object.entries(vector.blobs)) {
      const path = join(scratch.dir, 'store', vector.bucket, key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    const { out, err } = await statebag(scratch.dir, ['segment', '-', '--store', './store'], { stdin: vector.event });
    if ('program' in vector.answer) expect([out, err]).toEqual([`${vector.answer.program}\n`, '']);
    else expect([out, err.split('\n')[0]]).toEqual(['', expect.stringContaining(`statebag: ${vector.answer.code}: `)]);
  });
});
