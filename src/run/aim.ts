import { resolve } from 'node:path';
import { ConfigError } from '../errors/index.js';
import { migrationsIn } from '../journal/document-state.js';
import type { DocumentState } from '../journal/document-state.js';
import type { KeptAim, RunEntry } from '../journal/entries.js';
import type { JournalSummary } from '../journal/read.js';
import { isTableUri } from '../sources/dynamodb/id.js';
import { readBagDocument, whereFilter } from './document.js';
import type { DocumentFilter } from './document.js';
import type { Selection } from './request.js';

/** Which documents of a journal are meant. */
export interface AimRequest extends Pick<Selection, 'limit' | 'where'> {
  /** Files, directories, globs, `s3://bucket/prefix` or `dynamodb://table` that hold the documents, or their copies. */
  readonly sources?: readonly string[];
  /** Id of a migration or its unique beginning, or `last`: what it and later ones did to its documents is undone. */
  readonly run?: string;
}

/** Which documents a rollback takes, and how many of their migrations it undoes. */
export class Aim {
  private readonly filter: DocumentFilter | undefined;
  private taken = 0;

  /** `undefined` takes everything. */
  constructor(readonly kept: KeptAim | undefined) {
    this.filter = kept?.where && whereFilter(kept.where);
  }

  /** How many more documents it takes. */
  get left(): number {
    return (this.kept?.limit ?? Infinity) - this.taken;
  }

  /** The documents among which it chooses by their bytes. */
  select(containers: ReadonlyMap<string, readonly DocumentState[]>): ReadonlyMap<string, readonly DocumentState[]> {
    const chosen = Array.from(
      containers,
      ([id, states]) => [id, states.filter((state) => this.isMeant(state))] as const,
    );
    return new Map(chosen.filter(([, states]) => states.length > 0));
  }

  /** The migrations of a document that are undone, newest first. */
  undone(state: DocumentState): readonly DocumentState[] {
    const migrations = migrationsIn(state);
    const run = this.kept?.run;
    return run === undefined ? migrations : migrations.slice(0, migrations.findLastIndex((one) => one.run === run) + 1);
  }

  /**
   * Takes a document, by its original bytes where they are known. What cannot be judged is taken: its failure must be
   * seen.
   */
  take(bytes?: Uint8Array): boolean {
    if (this.left <= 0) return false;
    const bags = bytes && this.filter && readBagDocument(bytes, undefined)?.bags;
    if (this.filter && bags && !bags.some(this.filter)) return false;
    this.taken++;
    return true;
  }

  private isMeant(state: DocumentState): boolean {
    const { sources } = this.kept ?? {};
    return this.undone(state).length > 0 && (!sources || sources.some((source) => isAt(state, source)));
  }
}

/** Throws `ConfigError` `USAGE` for a source or a run that matches nothing in the journal. */
export function resolveAim(
  { sources = [], run, where = [], limit }: AimRequest,
  summary: JournalSummary,
  cwd: string,
): Aim {
  const kept: KeptAim = {
    ...(sources.length > 0 && { sources: sources.map((source) => findPlace(source, summary, cwd)) }),
    ...(run !== undefined && { run: findRun(run, summary) }),
    ...(where.length > 0 && { where }),
    ...(limit !== undefined && { limit }),
  };
  return new Aim(Object.keys(kept).length > 0 ? kept : undefined);
}

function isAt({ doc, container }: Pick<DocumentState, 'doc' | 'container'>, place: string): boolean {
  return matchPlace(doc, place) || matchPlace(doc.replace(/#L\d+$/, ''), place) || matchPlace(container, place);
}

function findPlace(source: string, { documents, doubtful, runs }: JournalSummary, cwd: string): string {
  const place = resolvePlace(source, cwd);
  for (const state of [...documents.values(), ...doubtful]) if (isAt(state, place)) return place;
  const known = [...new Set(runs.flatMap((run) => run.sources))];
  throw new ConfigError(
    'USAGE',
    `the journal has no migrated document at ${source}; its runs were over ${known.join(', ')}`,
  );
}

function findRun(wanted: string, { runs }: JournalSummary): string {
  const migrations = runs.filter(({ command }) => command === 'migrate');
  const exact = wanted === 'last' ? migrations.at(-1) : migrations.find(({ run }) => run === wanted);
  const found = exact ? [exact] : migrations.filter(({ run }) => run.startsWith(wanted));
  if (wanted !== '' && found.length === 1) return found[0]!.run;
  const flaw = found.length > 1 ? 'is the beginning of several ids' : 'is no migration of this journal';
  throw new ConfigError('USAGE', `run "${wanted}" ${flaw}; there are ${migrations.map(describeRun).join('; ')}`);
}

function describeRun({ run, at, sources }: RunEntry): string {
  return `${run} of ${at} over ${sources.join(' ')}`;
}

/** A place as a journal spells it: paths are absolute, and a directory in front of a relative glob is escaped. */
function resolvePlace(source: string, cwd: string): string {
  if (isRemote(source)) return source;
  const path = resolve(cwd, source);
  const isBelow = GLOB.test(source) && path.startsWith(`${cwd}/`);
  return isBelow ? cwd.replace(/[*?[\]{}\\]/g, '\\$&') + path.slice(cwd.length) : path;
}

/** True when a name of a journal lies at a place: a file, a directory, a glob, an `s3://` prefix or a table. */
function matchPlace(name: string, place: string): boolean {
  if (name === place) return true;
  // A prefix of keys is no folder, as in S3 itself; a bucket has its whole name.
  if (place.startsWith('s3://')) return name.startsWith(/^s3:\/\/[^/]+$/.test(place) ? `${place}/` : place);
  if (isTableUri(place) || !GLOB.test(place)) return name.startsWith(place.endsWith('/') ? place : `${place}/`);
  return !isRemote(name) && (name.startsWith(`${place}/`) || globPattern(place).test(name));
}

function isRemote(name: string): boolean {
  return name.startsWith('s3://') || isTableUri(name);
}

const GLOB = /[*?[{]/;

const compiled = new Map<string, RegExp>();

/** Every document is compared with the same few globs. */
function globPattern(glob: string): RegExp {
  const known = compiled.get(glob) ?? new RegExp(`^${glob.replace(GLOB_TOKEN, translate)}$`, 's');
  compiled.set(glob, known);
  return known;
}

const GLOB_TOKEN = /\\.|\*\*\/|\*\*|\*|\?|\[[^\]]+\]|\{[^{}]+\}|[^\w/]/gs;

function translate(token: string): string {
  if (token === '**/') return '(?:.*/)?';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('['))
    return `[${token.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
  if (token.length > 1 && token.startsWith('{'))
    return `(?:${token
      .slice(1, -1)
      .split(',')
      .map((part) => part.replace(GLOB_TOKEN, translate))
      .join('|')})`;
  const character = token.at(-1)!;
  return /\w/.test(character) ? character : `\\${character}`;
}
