import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { Generation } from '../bag/bag.js';
import type { RunContext } from './context.js';
import { ConfigError } from '../errors/index.js';
import { describeSpecialFile, diskError, nodeDisk } from '../sources/disk.js';
import type { Disk } from '../sources/disk.js';
import { readLines } from '../sources/lines.js';
import { TemporaryFile } from '../sources/replace-file.js';
import type { SettledDocument } from './run.js';
import type { DocumentOutcome, Outcome } from './outcome.js';
import { digestDocument } from './transform.js';
import { isInShard } from '../sources/container-choice.js';
import type { Shard } from '../sources/container-choice.js';
import { toolName } from '../journal/entries.js';

/** Version of the plan's wire format. Schema: `schemas/plan.v1.json`. */
const PLAN_VERSION = 1;

interface PlanHeader {
  readonly kind: 'plan';
  readonly v: typeof PLAN_VERSION;
  readonly at: string;
  readonly tool: string;
  readonly target: 'lean' | 'bridge';
  readonly store: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly sources: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

interface PlanDocument {
  readonly kind: 'document';
  readonly doc: string;
  readonly container: string;
  readonly generation: Generation | 'unknown';
  readonly outcome: Exclude<Outcome, 'not-started'>;
  /** Lower-case hex SHA-256 of the document the plan was made for. */
  readonly before: string;
  /** What applying the plan must make of it; absent when it is to stay. */
  readonly after?: string;
  readonly bytesBefore: number;
  readonly bytesAfter?: number;
  readonly version?: string;
  readonly blobs: readonly { readonly uri: string; readonly sha256: string; readonly bytes: number }[];
  readonly code?: string;
  readonly reason?: string;
}

/** Closes a plan: how many documents it has, and the SHA-256 of every byte before this line. */
interface PlanSeal {
  readonly kind: 'seal';
  readonly documents: number;
  readonly sha256: string;
}

export type PlanEntry = PlanHeader | PlanDocument | PlanSeal;

export interface Plan {
  readonly header: PlanHeader;
  /** By document id. */
  readonly documents: ReadonlyMap<string, PlanDocument>;
}

/**
 * Reads a plan and holds it against its seal. Throws `ConfigError`: `PLAN_INVALID` for what is no plan, `PLAN_VERSION`
 * for one of another version, `PLAN_BROKEN` for one that was edited, cut or never finished.
 */
async function readPlan(path: string): Promise<Plan> {
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
  if (!(await isProcessSubstitution(path))) await refuseSpecialFile(path, 'copy the plan to a file');
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (error) {
    throw new ConfigError('PLAN_INVALID', diskError(path, error).message, { cause: error });
  }
}

/** True for the pipe of `<(…)`: it has a writer from the beginning, and its path leads to no file. */
async function isProcessSubstitution(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFIFO()) return false;
  return realpath(path).then(
    () => false,
    () => true,
  );
}

/**
 * Without a writer, `open` of a FIFO waits for ever. A finished plan takes the name, so a FIFO or device would be gone.
 * Throws `ConfigError` `PLAN_INVALID`.
 */
async function refuseSpecialFile(path: string, advice: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats || stats.isFile() || stats.isDirectory()) return;
  const kind = describeSpecialFile(stats) ?? 'a device';
  throw new ConfigError('PLAN_INVALID', `${path} is ${kind}, and a plan is a file; ${advice}`);
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

/** Writes a plan line by line and seals it, so that a plan that somebody edited or cut is noticed. */
class PlanWriter {
  private readonly hash = createHash('sha256');
  private documents = 0;
  private pending: Buffer[] = [];
  private size = 0;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly file: TemporaryFile,
  ) {}

  static async open(path: string, header: PlanHeader, disk: Disk): Promise<PlanWriter> {
    try {
      const writer = new PlanWriter(path, await TemporaryFile.open(disk, path));
      await writer.line(header);
      return writer;
    } catch (error) {
      throw diskError(path, error);
    }
  }

  async add(document: PlanDocument): Promise<void> {
    this.documents++;
    await this.line(document);
  }

  /** Shows the plan under its name, whole. */
  async seal(): Promise<void> {
    await this.line({ kind: 'seal', documents: this.documents, sha256: this.hash.copy().digest('hex') });
    await this.drain();
    try {
      await this.file.sync();
      await this.file.moveTo(this.path);
    } catch (error) {
      throw diskError(this.path, error);
    }
  }

  /** Leaves no trace of a plan that was not sealed. */
  discard(): Promise<void> {
    return this.file.discard();
  }

  private async line(entry: PlanEntry): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
    this.hash.update(bytes);
    this.pending.push(bytes);
    this.size += bytes.length;
    if (this.size > 1 << 20) await this.drain();
  }

  /**
   * One write at a time: documents are added from several containers at once, and their lines must keep their order.
   */
  private drain(): Promise<void> {
    const bytes = Buffer.concat(this.pending);
    this.pending = [];
    this.size = 0;
    this.writing = this.writing
      .then(() => this.file.write(bytes))
      .catch((error: unknown) => {
        throw diskError(this.path, error);
      });
    return this.writing;
  }
}

/** What a plan says of a settled document. */
function planDocument(outcome: DocumentOutcome, { container, document, prepared }: SettledDocument): PlanDocument {
  const { id, generation, bytesBefore, bytesAfter, code, reason } = outcome;
  const validated = prepared?.transformation;
  const blobs = validated?.plans.flatMap((plan) => plan.blobs) ?? [];
  return {
    kind: 'document',
    doc: id,
    container: container.id,
    generation,
    outcome: outcome.outcome === 'not-started' ? 'failed' : outcome.outcome,
    before: validated?.before() ?? digestDocument(document),
    ...(validated && { after: validated.after(), bytesAfter }),
    bytesBefore,
    ...(container.version === undefined ? {} : { version: container.version }),
    blobs: blobs.map(({ uri, sha256, size }) => ({ uri, sha256, bytes: size })),
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** What a plan must agree on with the run that follows it, and what it says of where it came from. */
export type PlanDescription = Pick<PlanHeader, 'target' | 'store' | 'bucket' | 'prefix' | 'sources' | 'options'>;

/** A plan in the making: sealed when the run was complete, removed when it was not. */
export class PlanOut {
  private constructor(private readonly writer: PlanWriter) {}

  static async open(path: string, description: PlanDescription, io: RunContext): Promise<PlanOut> {
    const header: PlanHeader = {
      kind: 'plan',
      v: PLAN_VERSION,
      at: io.now().toISOString(),
      tool: toolName(),
      ...description,
    };
    await refuseSpecialFile(path, 'give --plan-out the name of a new file');
    // A link stays one, also /dev/stdout that leads to a file.
    const target = await realpath(path).catch(() => path);
    return new PlanOut(await PlanWriter.open(target, header, nodeDisk));
  }

  add(outcome: DocumentOutcome, settled: SettledDocument): Promise<void> {
    return this.writer.add(planDocument(outcome, settled));
  }

  seal(): Promise<void> {
    return this.writer.seal();
  }

  discard(): Promise<void> {
    return this.writer.discard();
  }
}

/** Throws `ConfigError` `PLAN_MISMATCH` when the plan was made for another target or store. */
export async function openPlan(path: string, description: PlanDescription): Promise<Plan> {
  const plan = await readPlan(path);
  const same = ['target', 'store', 'bucket', 'prefix'] as const;
  const differs = same.find((name) => plan.header[name] !== description[name]);
  if (!differs) return plan;
  throw new ConfigError(
    'PLAN_MISMATCH',
    `${path} was made for another ${differs}: ${plan.header[differs]}, not ${description[differs]}`,
  );
}

/** Outcomes of documents that the plan has and the sources have not. */
export function missingDocuments(
  plan: Plan,
  seen: ReadonlySet<string>,
  shard: Shard | undefined,
): readonly DocumentOutcome[] {
  const missing = Array.from(plan.documents.values()).filter(
    ({ doc, container }) => !seen.has(doc) && isInShard(container, shard),
  );
  return missing.map(({ doc, generation }) => ({
    id: doc,
    outcome: 'failed',
    generation,
    bytesBefore: 0,
    bytesAfter: 0,
    blobsWritten: 0,
    blobsReused: 0,
    code: 'PLAN_DOCUMENT_MISSING',
    reason: 'the plan has this document, and the sources have it no longer; make a new plan',
  }));
}
