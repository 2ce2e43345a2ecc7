import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
// Before the code under test, whose disk it replaces.
import '../fakes/faulty-disk.js';
import { fsObjectStore } from 'statebag-shim/fs';
import { s3ObjectStore } from 'statebag-shim/s3';
import type { ObjectStore } from '../../src/store/object-store.js';
import { statebag } from '../cli/terminal.js';
import type { RanOptions } from '../cli/terminal.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { BLOBS, DOCS, filesBelow, temporaryDirectory } from './scratch.js';
import type { Documents } from './scratch.js';

process.env.AWS_ACCESS_KEY_ID ??= 'test';
process.env.AWS_SECRET_ACCESS_KEY ??= 'test';

/**
 * A place with documents to migrate: a directory, a bucket, an empty blob store and no journal yet. Commands work on
 * it. The blob store is a directory, or the bucket `blobs` of a server when documents are in S3.
 */
export class CommandWorld {
  readonly source: string;
  readonly journal: string;

  private constructor(
    readonly directory: string,
    readonly objects: ObjectStore,
    /** Of a world with objects only. */
    private readonly s3: S3Server | undefined,
  ) {
    this.source = join(directory, 'source');
    this.journal = join(directory, 'journal');
    mkdirSync(this.source, { recursive: true });
  }

  static async with(documents: Documents, { s3 = false }: { readonly s3?: boolean } = {}): Promise<CommandWorld> {
    const directory = temporaryDirectory();
    const hasObjects = s3 || Object.keys(documents).some((name) => name.startsWith('s3://'));
    const server = hasObjects ? await startS3Server({ buckets: [BLOBS, DOCS, 'local'] }) : undefined;
    if (server) onTestFinished(() => server.stop());
    const objects = server
      ? s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' })
      : fsObjectStore({ root: join(directory, 'store') });
    const world = new CommandWorld(directory, objects, server);
    for (const [name, bytes] of Object.entries(documents)) await world.write(name, bytes);
    return world;
  }

  get server(): S3Server {
    if (!this.s3) throw new Error('this world has no server');
    return this.s3;
  }

  /** Options that lead commands to the store. */
  get store(): readonly string[] {
    const place = this.s3 ? ['--store', `s3://${BLOBS}`, ...this.reach] : ['--store', 'store', '--bucket', BLOBS];
    return [...place, '--allow-prefix', 's3://local/', '--allow-prefix', `s3://${BLOBS}/`];
  }

  /** Options that lead commands to the server. */
  get reach(): readonly string[] {
    return this.s3 ? ['--endpoint', this.s3.endpoint, '--region', 'eu-central-1'] : [];
  }

  /** What a run is about: the directory when it has files, and the bucket when there is a server. */
  get sources(): readonly string[] {
    const hasFiles = readdirSync(this.source).length > 0;
    return [...(hasFiles ? ['source'] : []), ...(this.s3 ? [`s3://${DOCS}`] : [])];
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (name.startsWith('s3://')) {
      const [, , bucket = '', ...key] = name.split('/');
      await this.objects.put({ bucket, key: key.join('/') }, bytes, {
        attributes: { contentType: 'application/json', metadata: { name: 'kept' } },
      });
      return;
    }
    mkdirSync(dirname(join(this.source, name)), { recursive: true });
    writeFileSync(join(this.source, name), bytes);
  }

  read(name: string): Buffer {
    return readFileSync(join(this.source, name));
  }

  /** Every document, whole containers at a time. */
  async documents(): Promise<Record<string, Uint8Array>> {
    const files = filesBelow(this.source).map((name) => [name, this.read(name)] as const);
    return { ...Object.fromEntries(files), ...(this.s3 ? await this.objectsOf(DOCS) : {}) };
  }

  blobs(): Promise<Record<string, Uint8Array>> {
    return this.objectsOf(BLOBS);
  }

  private async objectsOf(bucket: string): Promise<Record<string, Uint8Array>> {
    const found: Record<string, Uint8Array> = {};
    for await (const { key } of this.objects.list(bucket, ''))
      found[`s3://${bucket}/${key}`] = (await this.objects.get({ bucket, key })).bytes;
    return found;
  }
}

/** What a report says of a document. */
export interface Outcome {
  readonly id: string;
  readonly subject?: string;
  readonly outcome: string;
  readonly code?: string;
  readonly reason?: string;
  readonly generation?: string;
  readonly bytesBefore?: number;
  readonly bytesAfter?: number;
  readonly segments?: number;
}

export interface Reported {
  /** Exit code. */
  readonly exit: number;
  /** Standard error. */
  readonly err: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly outcomes: readonly Outcome[];
}

export interface Migrated extends Reported {
  readonly complete: boolean;
}

/** A command that ended without a report. */
class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    /** The first code on standard error. */
    readonly code: string,
    readonly exit: number,
    message: string,
  ) {
    super(message);
  }
}

export interface RunOptions {
  /** Default true. */
  readonly apply?: boolean;
  /** Default: the one of the command. */
  readonly target?: 'lean' | 'bridge';
  /** Default 1, so that outcomes come in the order of the documents. */
  readonly concurrency?: number;
  readonly sources?: readonly string[];
  /** Default `journal`. */
  readonly journal?: string;
  /** Further options of the command. */
  readonly args?: readonly string[];
  readonly terminal?: RanOptions;
}

/** `statebag migrate` over the documents of a world. Rejects with `CommandError` where there is no report. */
export async function run(world: CommandWorld, options: RunOptions = {}): Promise<Migrated> {
  const {
    apply = true,
    target,
    concurrency = 1,
    sources = world.sources,
    journal = 'journal',
    args = [],
    terminal,
  } = options;
  const line = [
    ...['migrate', ...sources, ...world.store, '--journal', journal, '--json'],
    ...(target ? ['--to', target] : []),
    ...['--concurrency', String(concurrency), ...(apply ? ['--apply'] : []), ...args],
  ];
  return report<Migrated>(world, line, terminal);
}

/** What `statebag verify` says of each document. */
export async function runVerify(world: CommandWorld): Promise<readonly Outcome[]> {
  return (await report(world, ['verify', '--journal', 'journal', '--json', ...world.reach])).outcomes;
}

/** What `statebag rollback` says of each document. Without `apply` nothing is written. */
export async function runRollback(world: CommandWorld, apply = true): Promise<readonly Outcome[]> {
  const line = ['rollback', '--journal', 'journal', '--json', '--concurrency', '1', ...world.reach];
  return (await report(world, [...line, ...(apply ? ['--apply'] : [])])).outcomes;
}

export interface Status {
  readonly runs: number;
  readonly isClosed: boolean;
  readonly totals: Readonly<Record<string, number>>;
  readonly findings: readonly Outcome[];
}

/** What `statebag status` says of the journal. */
export async function journalStatus(world: Pick<CommandWorld, 'directory'>): Promise<Status> {
  const { out, err, code } = await statebag(world.directory, ['status', '--journal', 'journal', '--json']);
  if (out === '') throw errorOf(err, code);
  return JSON.parse(out) as Status;
}

interface Report {
  readonly documents: readonly Outcome[];
  /** What ended the command before its end. */
  readonly error?: { readonly code: string; readonly message: string };
}

async function report<R extends Reported>(world: CommandWorld, line: readonly string[], terminal?: RanOptions) {
  const { out, err, code } = await statebag(world.directory, line, terminal);
  if (!out.trimEnd().endsWith('}')) throw errorOf(err, code);
  const { documents, error, ...rest } = JSON.parse(out) as Report;
  if (error) throw new CommandError(error.code, code, error.message);
  return { ...rest, outcomes: documents, exit: code, err } as unknown as R;
}

function errorOf(err: string, exit: number): CommandError {
  return new CommandError(/^statebag: ([A-Z_]+):/m.exec(err)?.[1] ?? 'NO_CODE', exit, err);
}

/** The code that a command ends with, or `done`. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    if (error instanceof CommandError) return error.code;
    throw error;
  }
}
