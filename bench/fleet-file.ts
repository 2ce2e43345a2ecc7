import { appendFileSync, closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet } from '../examples/fleet/fleet.js';
import type { FleetOptions } from '../examples/fleet/fleet.js';

/** Lines of NDJSON, a bag each. */
export interface FleetFile {
  readonly path: string;
  readonly bags: number;
  readonly bytes: number;
}

const LF = Buffer.from('\n');

/** Fat bags of the size the engine's authors complained about, 371 KiB each. */
export function writeFleetFile(
  directory: string,
  name: string,
  options: Pick<FleetOptions, 'bags' | 'workflows'> & Partial<FleetOptions>,
): FleetFile {
  const path = join(directory, `${name}.ndjson`);
  const file = openSync(path, 'wx');
  let bytes = 0;
  try {
    for (const document of makeFleet({ seed: 11, size: 'headline', ...options })) {
      bytes += writeSync(file, document.bytes) + writeSync(file, LF);
    }
  } finally {
    closeSync(file);
  }
  return { path, bags: options.bags, bytes };
}

/** The same lines so many times one behind the other, in a file of its own. */
export function repeatFleetFile({ path, bags, bytes }: FleetFile, times: number): FleetFile {
  const repeated = path.replace(/\.ndjson$/, `-x${times}.ndjson`);
  const lines = readFileSync(path);
  for (let time = 0; time < times; time++) appendFileSync(repeated, lines);
  return { path: repeated, bags: bags * times, bytes: bytes * times };
}
