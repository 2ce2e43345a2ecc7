import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, join, posix, resolve } from 'node:path';
import { isTableUri, parseTableUri } from './dynamodb/id.js';
import type { RowTable } from './dynamodb/port.js';
import type { DynamoDbTableOptions } from './dynamodb/table.js';
import { ConfigError } from '../errors/index.js';
import type { ObjectAddress } from '../store/object-store.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { ExecutionsSource, HistoriesSource } from './executions.js';
import type { FileNames } from './files.js';
import type { DocumentSource, OnSkipped, SourceContainer } from './source.js';
import { isInShard, MetPlaces } from './container-choice.js';
import type { IsIgnored, Shard } from './container-choice.js';

/** What sources take from the process. */
export interface Surroundings {
  /** Absolute. Relative paths start here. */
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly now: () => Date;
}

/** How tables are reached. No credentials: a journal keeps these. */
export type TableSettings = Pick<DynamoDbTableOptions, 'region' | 'endpoint' | 'maxReadUnits' | 'maxWriteUnits'>;

/** What tells documents from the tool's own things. */
interface SourceContext {
  readonly io: Surroundings;
  readonly s3?: S3ObjectStoreOptions | undefined;
  readonly tables?: TableSettings;
  /** Absolute paths of directories that hold no documents, for a source at this absolute path. */
  readonly excludedFor: (path: string) => readonly string[];
  /** True for objects that are blobs of the store. */
  readonly isBlob: (address: ObjectAddress) => boolean;
  /** Journals and plans are not documents, wherever they are. One that is named as a source is refused. */
  readonly leavesOutRecords?: boolean;
  /** Nothing will be written back. */
  readonly readOnly?: boolean;
  /** Which files of a directory are read. Default `documents`. */
  readonly names?: FileNames;
  /** Entries that the command leaves out, by their names. */
  readonly isIgnored?: IsIgnored | undefined;
  /** Executions are read for their histories, and not for the states that they are in. */
  readonly readsHistories?: boolean;
}

/** A source, and what is known of its place. */
export interface OpenSource {
  readonly source: DocumentSource;
  /** Directory, below which copies repeat the tree; `undefined` for what has none. */
  readonly root: string | undefined;
  /** False for what is one file or a stream. */
  readonly isMany: boolean;
}

/**
 * A file, a directory, a glob, a pipe, `-`, `s3://bucket/prefix` or `dynamodb://table`, each loaded when it is named.
 * Throws `ConfigError` `SOURCE_INVALID`.
 */
async function openSource(spec: string, context: SourceContext): Promise<OpenSource> {
  if (spec === '-') return openStdin(context);
  if (spec.startsWith('s3://')) return openPrefix(spec, context);
  if (spec.startsWith(EXECUTIONS_SCHEME))
    return { source: await openExecutions(spec, context), root: undefined, isMany: true };
  if (isTableUri(spec)) return openRows(spec, context);
  if (spec.trim() === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(spec)) {
    throw new ConfigError(
      'SOURCE_INVALID',
      `"${spec}" is no source; there are files, directories, globs, s3://bucket/prefix, dynamodb://table, sfn://{state machine arn} and - for standard input`,
    );
  }
  return openPath(spec, context);
}

async function openStdin({ io }: SourceContext): Promise<OpenSource> {
  const { StdinSource } = await import('./stdin.js');
  return { source: new StdinSource(io.stdin), root: undefined, isMany: false };
}

/** Throws also for `-` beside other sources: it is read once, and they would share its name. */
export async function openSources(specs: readonly string[], context: SourceContext): Promise<readonly OpenSource[]> {
  if (specs.includes('-') && specs.length > 1)
    throw new ConfigError('SOURCE_INVALID', '- stands for standard input and can only be the one source');
  return Promise.all(specs.map((spec) => openSource(spec, context)));
}

async function openPrefix(spec: string, { s3, isBlob }: SourceContext): Promise<OpenSource> {
  const prefix = parsePrefix(spec);
  const [{ ObjectPrefixSource }, { openObjectStore }] = await Promise.all([
    import('./objects.js'),
    import('../store/open.js'),
  ]);
  const { objects } = await openObjectStore(`s3://${prefix.bucket}`, s3 ? { s3 } : {});
  return { source: refuseEmpty(new ObjectPrefixSource(objects, prefix, isBlob)), root: undefined, isMany: true };
}

async function openRows(spec: string, { tables = {} }: SourceContext): Promise<OpenSource> {
  const parsed = parseTableUri(spec);
  const { TableSource } = await import('./dynamodb/rows.js');
  return {
    source: new TableSource(spec, await openTable(parsed.table, tables), parsed),
    root: undefined,
    isMany: true,
  };
}

async function openPath(
  spec: string,
  { io, excludedFor, readOnly, names = 'documents', leavesOutRecords = false, isIgnored }: SourceContext,
): Promise<OpenSource> {
  const path = resolve(io.cwd, spec);
  const stats = await stat(path).catch(() => undefined);
  // Compressed bytes are inflated by the source of files.
  if (stats && !(readOnly && /\.gz$/i.test(path)) && (await isStreamed(path, stats))) return openPipe(path);
  const [{ FilesSource }, { describeSpecialFile, nodeDisk }] = await Promise.all([
    import('./files.js'),
    import('./disk.js'),
  ]);
  const kind = stats?.isFIFO() === false ? describeSpecialFile(stats) : undefined;
  if (kind !== undefined) throw notDocuments(path, kind);
  const isGlob = stats === undefined && /[*?[\]{}()!]/.test(spec);
  const root = stats?.isDirectory() ? path : isGlob ? globRoot(path) : resolve(path, '..');
  const further =
    readOnly && (isGlob || stats?.isDirectory()) ? (await import('./files.js')).READ_ONLY_FILES : undefined;
  const id = isGlob ? await absoluteGlob(spec, io.cwd) : path;
  return {
    source: new FilesSource(id, nodeDisk, excludedFor(root), further, names, leavesOutRecords, isIgnored),
    root,
    isMany: isGlob || stats?.isDirectory() === true,
  };
}

/** The module of pipes is loaded for what may be one. */
async function isStreamed(path: string, stats: Stats): Promise<boolean> {
  return (stats.isFIFO() || /^\/(?:dev|proc)\//.test(path)) && (await import('./pipe.js')).isPipe(path, stats);
}

async function openPipe(path: string): Promise<OpenSource> {
  const { PipeSource } = await import('./pipe.js');
  return { source: new PipeSource(path), root: resolve(path, '..'), isMany: false };
}

function notDocuments(path: string, kind: string): ConfigError {
  return new ConfigError(
    'SOURCE_INVALID',
    `${path} is ${kind}, and documents are read from files, directories and pipes; copy the documents to a file, or give - to read standard input`,
  );
}

/** The directories in front of the first one with a wildcard. */
function globRoot(path: string): string {
  const parts = path.split('/');
  const first = parts.findIndex((part) => /[*?[\]{}()!]/.test(part));
  return parts.slice(0, first).join('/') || '/';
}

/** The working directory's own name may hold characters that mean something in a glob. */
async function absoluteGlob(spec: string, cwd: string): Promise<string> {
  if (isAbsolute(spec)) return spec;
  const { escapePath } = await import('tinyglobby');
  return posix.normalize(join(escapePath(cwd), spec));
}

/** `s3://bucket`, `s3://bucket/` and `s3://bucket/prefix`; a prefix is no folder, as in S3 itself. */
function parsePrefix(spec: string): { readonly bucket: string; readonly key: string } {
  const [bucket = '', ...rest] = spec.slice('s3://'.length).split('/');
  if (bucket === '') throw new ConfigError('SOURCE_INVALID', `"${spec}" names no bucket`);
  return { bucket, key: rest.join('/') };
}

/** A prefix with a slip of the pen in it must not look like a migration that is done. */
function refuseEmpty(source: DocumentSource): DocumentSource {
  return {
    id: source.id,
    container: (id) => source.container(id),
    async *containers(signal?: AbortSignal, onSkipped?: OnSkipped): AsyncIterable<SourceContainer> {
      let isEmpty = true;
      for await (const container of source.containers(signal, onSkipped)) {
        isEmpty = false;
        yield container;
      }
      if (isEmpty) throw new ConfigError('SOURCE_EMPTY', `${source.id}: no object there, or only blobs of the store`);
    },
  };
}

export const EXECUTIONS_SCHEME = 'sfn://';

const ARN = /^arn:aws[\w-]*:states:([a-z0-9-]+):\d*:(?:stateMachine|mapRun):\S+$/;

/**
 * `sfn://{arn of a state machine or map run}`; the region is that of the ARN. Throws `ConfigError` `SOURCE_INVALID`.
 */
async function openExecutions(
  spec: string,
  { io, readsHistories = false }: SourceContext,
): Promise<ExecutionsSource | HistoriesSource> {
  const arn = spec.slice(EXECUTIONS_SCHEME.length);
  const region = ARN.exec(arn)?.[1];
  if (region === undefined) {
    throw new ConfigError(
      'SOURCE_INVALID',
      `"${spec}" names no state machine; it is sfn://arn:aws:states:REGION:ACCOUNT:stateMachine:NAME, or the ARN of a map run`,
    );
  }
  const { sfnExecutions } = await import('./executions-sfn.js');
  const port = sfnExecutions({ region });
  return readsHistories ? new HistoriesSource(arn, port) : new ExecutionsSource(arn, port, () => io.now().getTime());
}

/** The driver and its SDK are loaded only when a table is named. Makes no request. */
export async function openTable(name: string, settings: TableSettings): Promise<RowTable> {
  const { dynamoDbTable } = await import('./dynamodb/table.js');
  return dynamoDbTable(name, settings);
}

/**
 * Executions last: what is resumed moves from a row or a file into its execution, and is met there if it has left the
 * place where it rested. The other way round it could slip through between two readings.
 */
export function orderedSources(sources: readonly OpenSource[]): readonly DocumentSource[] {
  const isExecutions = ({ id }: DocumentSource): number => (id.startsWith(EXECUTIONS_SCHEME) ? 1 : 0);
  return sources.map(({ source }) => source).sort((one, other) => isExecutions(one) - isExecutions(other));
}

/** Bytes of all documents, for a progress bar; `undefined` when a source does not tell before it is read. */
export async function measureSources(sources: readonly OpenSource[], shard?: Shard): Promise<number | undefined> {
  let bytes = 0;
  const places = new MetPlaces(sources);
  for (const { source, root } of sources) {
    if (root === undefined || source.isStream) return undefined;
    for await (const { id } of source.containers()) {
      if (places.isNew(source, id) && isInShard(id, shard)) bytes += (await stat(id).catch(() => undefined))?.size ?? 0;
    }
  }
  return bytes;
}
