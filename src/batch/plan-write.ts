import { createHash } from 'node:crypto';
import type { Disk } from './disk.js';
import { diskError } from './disk-errors.js';
import type { SettledDocument } from './migrate.js';
import type { DocumentOutcome } from './outcome.js';
import type { PlanDocument, PlanEntry, PlanHeader } from './plan-entry.js';
import { digestDocument } from './transform.js';
import { TemporaryFile } from './temporary-file.js';

/** Writes a plan line by line and seals it, so that a plan that somebody edited or cut is noticed. */
export class PlanWriter {
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
export function planDocument(
  outcome: DocumentOutcome,
  { container, document, prepared }: SettledDocument,
): PlanDocument {
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
