import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ConfigError } from '../errors/index.js';
import { diskError } from './disk-errors.js';
import type { PlanDocument, PlanEntry, PlanHeader } from './plan-entry.js';
import { PLAN_VERSION } from './plan-entry.js';
import { readLines } from './sources/lines.js';

export interface Plan {
  readonly header: PlanHeader;
  /** By document id. */
  readonly documents: ReadonlyMap<string, PlanDocument>;
}

/**
 * Reads a plan and holds it against its seal. Throws `ConfigError`: `PLAN_INVALID` for what is no plan, `PLAN_VERSION`
 * for one of another version, `PLAN_BROKEN` for one that was edited, cut or never finished.
 */
export async function readPlan(path: string): Promise<Plan> {
  const hash = createHash('sha256');
  const documents = new Map<string, PlanDocument>();
  let header: PlanHeader | undefined;
  let sealed = false;
  let count = 0;
  for await (const { bytes, ending } of readLines(read(path))) {
    if (sealed) throw new ConfigError('PLAN_BROKEN', `${path} goes on behind its seal`);
    const entry = parseLine(path, bytes);
    if (entry.kind === 'plan') header = checkedHeader(path, entry);
    else if (entry.kind === 'document') {
      documents.set(entry.doc, entry);
      count++;
    } else sealed = entry.sha256 === hash.copy().digest('hex') && entry.documents === count;
    hash.update(bytes).update(ending);
  }
  if (!header || !sealed) {
    throw new ConfigError(
      'PLAN_BROKEN',
      `${path} was edited, cut or not finished: its seal does not match; make it again with --plan-out`,
    );
  }
  return { header, documents };
}

async function* read(path: string): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (error) {
    throw new ConfigError('PLAN_INVALID', diskError(path, error).message, { cause: error });
  }
}

function parseLine(path: string, bytes: Uint8Array): PlanEntry {
  try {
    const entry = JSON.parse(Buffer.from(bytes).toString('utf8')) as PlanEntry;
    if (['plan', 'document', 'seal'].includes(entry.kind)) return entry;
  } catch (cause) {
    throw new ConfigError('PLAN_INVALID', `${path} is no plan: a line is not JSON`, { cause });
  }
  throw new ConfigError('PLAN_INVALID', `${path} is no plan: a line has no known kind`);
}

function checkedHeader(path: string, header: PlanHeader): PlanHeader {
  const version: number = header.v;
  if (version === PLAN_VERSION) return header;
  throw new ConfigError('PLAN_VERSION', `${path} has version ${version}, this tool reads version ${PLAN_VERSION}`);
}
