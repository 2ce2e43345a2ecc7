import { stat } from 'node:fs/promises';
import { isAbsolute, join, posix, resolve } from 'node:path';
import type { DocumentSource, OnSkipped, SourceContainer } from '../batch/source.js';
import { isTableUri, parseTableUri } from '../batch/sources/dynamodb-id.js';
import { ConfigError } from '../errors/index.js';
import type { ObjectAddress } from '../store/object-store.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import type { CliIo } from './io.js';
import { EXECUTIONS_SCHEME, openExecutions } from './open-executions.js';
import { openTable } from './open-table.js';
import type { TableSettings } from './options/dynamodb-options.js';

/** What tells documents from the tool's own things. */
export interface SourceContext {
  readonly io: CliIo;
  readonly s3: S3ObjectStoreOptions;
  readonly tables?: TableSettings;
  /** Absolute paths of directories that hold no documents, for a source at this absolute path. */
  readonly excludedFor: (path: string) => readonly string[];
  /** True for objects that are blobs of the store. */
  readonly isBlob: (address: ObjectAddress) => boolean;
  /** Nothing will be written back. Compressed files are sources too. */
  readonly readOnly?: boolean;
  /** The command proves that nothing is left. */
  readonly isGate?: boolean;
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
 * A file, a directory, a glob, `-`, `s3://bucket/prefix` or `dynamodb://table`, each loaded when it is named. Throws
 * `ConfigError` `SOURCE_INVALID`.
 */
async function openSource(spec: string, context: SourceContext): Promise<OpenSource> {
  if (spec === '-') return openStdin(context);
  if (spec.startsWith('s3://')) return openPrefix(spec, context);
  if (spec.startsWith(EXECUTIONS_SCHEME))
    return { source: await openExecutions(spec, context.io), root: undefined, isMany: true };
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
  const { StdinSource } = await import('../batch/sources/stdin.js');
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
    import('../batch/sources/object-prefix.js'),
    import('../store/open.js'),
  ]);
  const { objects } = await openObjectStore(`s3://${prefix.bucket}`, { s3 });
  return { source: refuseEmpty(new ObjectPrefixSource(objects, prefix, isBlob)), root: undefined, isMany: true };
}

async function openRows(spec: string, { tables = {} }: SourceContext): Promise<OpenSource> {
  const parsed = parseTableUri(spec);
  const { TableSource } = await import('../batch/sources/dynamodb.js');
  return {
    source: new TableSource(spec, await openTable(parsed.table, tables), parsed),
    root: undefined,
    isMany: true,
  };
}

async function openPath(
  spec: string,
  { io, excludedFor, readOnly, isGate = false }: SourceContext,
): Promise<OpenSource> {
  const [{ FilesSource }, { nodeDisk }] = await Promise.all([
    import('../batch/sources/files.js'),
    import('../batch/disk.js'),
  ]);
  const path = resolve(io.cwd, spec);
  const stats = await stat(path).catch(() => undefined);
  const isGlob = stats === undefined && /[*?[\]{}()!]/.test(spec);
  const root = stats?.isDirectory() ? path : isGlob ? globRoot(path) : resolve(path, '..');
  const further =
    readOnly && (isGlob || stats?.isDirectory() || /\.gz$/i.test(path))
      ? (await import('../batch/sources/read-only.js')).READ_ONLY_FILES
      : undefined;
  const id = isGlob ? await absoluteGlob(spec, io.cwd) : path;
  return {
    source: new FilesSource(id, nodeDisk, excludedFor(root), further, isGate),
    root,
    isMany: isGlob || stats?.isDirectory() === true,
  };
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
