import { hash } from 'node:crypto';
import { readDocument } from '../bag/value.js';
import type { ByteValue } from '../bag/value.js';
import type { ClaimOffice, PlannedBlob } from '../bag/addressing.js';
import { BagDocument } from '../bag/bag.js';
import type { BlobReader } from '../bag/follow.js';
import type { ManifestForm } from '../bag/manifest.js';
import type { Migration } from '../bag/migration.js';
import { assertUnmixedBytes } from '../bag/mixed-pointer.js';
import type { ManifestCache } from '../bag/plan-manifest.js';
import { assertBridgeable, needsMigration, planSite } from '../bag/plan.js';
import type { BagPlan } from '../bag/plan.js';
import { rewriteBytes } from '../bag/rewrite.js';
import { assertOutline } from '../validate/outline.js';
import type { Rewrite } from '../bag/rewrite.js';
import { loadSources } from '../bag/sources.js';
import { BagError, IntegrityError } from '../errors.js';
import { givesBack } from '../json/index.js';
import { buffers } from './buffer-pool.js';
import type { SourceDocument } from './source.js';

/*
 * The seven stages of one document: read → detect → plan → offload → rewrite → validate → commit. Each takes what only
 * the stage before it makes, so that no other order compiles: blobs lie before a bag points to them, and only a
 * validated document can be committed.
 */

export interface ReadStage {
  readonly stage: 'read';
  readonly document: SourceDocument;
  readonly root: ByteValue;
}

export interface DetectedStage {
  readonly stage: 'detected';
  readonly document: SourceDocument;
  readonly root: ByteValue;
  readonly detection: BagDocument<ByteValue>;
}

export interface PlannedStage {
  readonly stage: 'planned';
  readonly document: SourceDocument;
  readonly detection: BagDocument<ByteValue>;
  /** Empty when the document is to stay as it is. */
  readonly plans: readonly BagPlan<ByteValue>[];
}

export interface OffloadedStage extends Omit<PlannedStage, 'stage'> {
  readonly stage: 'offloaded';
  readonly written: number;
  readonly reused: number;
}

export interface RewrittenStage extends Omit<OffloadedStage, 'stage'> {
  readonly stage: 'rewritten';
  readonly rewrite: Rewrite;
}

export interface ValidatedStage extends Omit<RewrittenStage, 'stage'> {
  readonly stage: 'validated';
  /** Lower-case hex SHA-256 of the document as it was read. Computed on demand: a dry run needs none. */
  readonly before: () => string;
  /** The same of the document as it is to be written. */
  readonly after: () => string;
}

/** What the stages are run with. */
export interface StageSettings {
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  readonly isFormAsked?: boolean;
  readonly office: ClaimOffice;
  readonly manifests?: ManifestCache;
  readonly steps: readonly Migration[];
  readonly blobs: BlobReader & BlobSink;
}

/** Takes blobs; a dry run hands in one that only counts. */
export interface BlobSink {
  put(blob: PlannedBlob, signal?: AbortSignal): Promise<'written' | 'reused'>;
}

/** Throws `BagError`: what the scanner says of text that is no JSON, `NOT_AN_OBJECT` for JSON that can be no bag. */
export function readStage(document: SourceDocument): ReadStage {
  const root = readDocument(document.bytes);
  const kind = root.kind();
  if (kind === 'object') return { stage: 'read', document, root };
  const advice = kind === 'array' ? '; put one bag in a file, or one a line in an .ndjson file' : '';
  throw new BagError(
    'NOT_AN_OBJECT',
    `the document is ${kind === 'array' ? 'an array' : kind}, not an object that could hold a bag${advice}`,
  );
}

export function detectStage({ document, root }: ReadStage): DetectedStage {
  return { stage: 'detected', document, root, detection: new BagDocument(root) };
}

export async function planStage(
  { document, root, detection }: DetectedStage,
  settings: StageSettings,
  signal?: AbortSignal,
): Promise<PlannedStage> {
  detection.assertOneOwner();
  assertUnmixedBytes(root, detection.bags);
  const plans: BagPlan<ByteValue>[] = [];
  for (const site of detection.bags) {
    if (!needsMigration(site, settings.target, settings.isFormAsked)) continue;
    if (settings.target === 'bridge') assertBridgeable(site, document.row !== undefined);
    const sources = await loadSources(site, settings.blobs, { signal, isFormAsked: settings.isFormAsked });
    plans.push(planSite(site, sources, settings));
  }
  return { stage: 'planned', document, detection, plans };
}

export async function offloadStage(
  planned: PlannedStage,
  blobs: BlobSink,
  signal?: AbortSignal,
): Promise<OffloadedStage> {
  const unique = new Map(planned.plans.flatMap((plan) => plan.blobs).map((blob) => [blob.uri, blob]));
  const results = await Promise.all(Array.from(unique.values(), (blob) => blobs.put(blob, signal)));
  const written = results.filter((result) => result === 'written').length;
  return { ...planned, stage: 'offloaded', written, reused: results.length - written };
}

export function rewriteStage(offloaded: OffloadedStage, steps: readonly Migration[]): RewrittenStage {
  const { document, plans } = offloaded;
  return {
    ...offloaded,
    stage: 'rewritten',
    rewrite: asKept(document, rewriteBytes(document.bytes, plans, steps, takeBuffer)),
  };
}

function takeBuffer(length: number): Uint8Array {
  return buffers.take(length);
}

/** The rewrite as it will be read again, where that is not as it is written. */
function asKept({ bytes, keep }: SourceDocument, rewrite: Rewrite): Rewrite {
  if (!keep) return rewrite;
  const kept = keep(rewrite.bytes);
  if (givesBack(kept.bytes, kept.inverse, bytes)) return { ...rewrite, ...kept };
  throw new IntegrityError(
    'INVERSE_BROKEN',
    'the inverse of the rewrite does not give the original back; nothing was written',
  );
}

export function validateStage(rewritten: RewrittenStage, target: StageSettings['target']): ValidatedStage {
  for (const outline of rewritten.rewrite.outlines) assertOutline(outline, target);
  const { document, rewrite } = rewritten;
  document.assertFits?.(rewrite.bytes);
  return {
    ...rewritten,
    stage: 'validated',
    before: once(() => digestOf(document)),
    after: once(() => digest(rewrite.bytes)),
  };
}

export function digest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Of the document as it was read. */
export function digestOf({ sha256, bytes }: SourceDocument): string {
  return sha256 ?? digest(bytes);
}

function once(compute: () => string): () => string {
  let value: string | undefined;
  return () => (value ??= compute());
}
