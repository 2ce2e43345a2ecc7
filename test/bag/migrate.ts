import { createHash } from 'node:crypto';
import { MIGRATIONS } from '../../migrations/index.js';
import type { Target } from '../../migrations/index.js';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import type { ByteValue } from '../../src/bag/byte-reader.js';
import type { ClaimOffice } from '../../src/bag/claim.js';
import { detect } from '../../src/bag/detect.js';
import type { BagSite } from '../../src/bag/detect.js';
import { parseLayout } from '../../src/bag/layout.js';
import type { Layout } from '../../src/bag/layout.js';
import type { ManifestForm } from '../../src/bag/manifest.js';
import { ObjectDraft } from '../../src/bag/object-draft.js';
import { objectReader } from '../../src/bag/object-reader.js';
import { needsMigration, planSite } from '../../src/bag/plan-site.js';
import type { SitePlan } from '../../src/bag/plan-site.js';
import { rewriteBytes } from '../../src/bag/rewrite.js';
import type { Rewrite } from '../../src/bag/rewrite.js';
import { loadSources } from '../../src/bag/sources.js';
import { assertOutline } from '../../src/bag/validate-outline.js';
import type { ValueReader } from '../../src/bag/value-reader.js';
import type { RecordingBlobs } from './recording-blobs.js';

export interface MigrateOptions {
  readonly target?: Target;
  readonly manifestForm?: ManifestForm;
  readonly layout?: Layout;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function officeOf(blobs: RecordingBlobs, layout: Layout = parseLayout()): ClaimOffice {
  return { layout, bucket: blobs.bucket, prefix: '', digest: sha256 };
}

/** Plans of the bags that are to change, their blobs written. */
export async function planAll<V>(
  reader: ValueReader<V>,
  root: V,
  blobs: RecordingBlobs,
  { target = 'lean', manifestForm = 'list', layout = parseLayout() }: MigrateOptions = {},
): Promise<readonly SitePlan<V>[]> {
  const plans: SitePlan<V>[] = [];
  for (const site of detect(reader, root).sites.filter((candidate) => needsMigration(reader, candidate, target))) {
    const sources = await loadSources(reader, site, blobs);
    const plan = planSite(reader, site, sources, { target, manifestForm, office: officeOf(blobs, layout) });
    for (const blob of plan.blobs) await blobs.put(blob);
    plans.push(plan);
  }
  return plans;
}

/** A stored document taken through plan, offload, rewrite and validation; `undefined` when it is to stay. */
export async function migrateBytes(
  bytes: Uint8Array,
  blobs: RecordingBlobs,
  options: MigrateOptions = {},
): Promise<Rewrite | undefined> {
  const target = options.target ?? 'lean';
  const plans = await planAll(byteReader, readDocument(bytes), blobs, options);
  if (plans.length === 0) return undefined;
  const rewrite = rewriteBytes(bytes, plans, MIGRATIONS[target]);
  for (const outline of rewrite.outlines) assertOutline(outline, target);
  return rewrite;
}

/** A bag of a parsed document, and what the same steps make of it. */
export interface MigratedObject {
  readonly path: readonly string[];
  readonly bag: Record<string, unknown>;
}

/** Planned in bytes, so that what lies behind a pointer keeps its spelling; changed as objects. */
export async function migrateObjects(
  root: unknown,
  blobs: RecordingBlobs,
  options: MigrateOptions = {},
): Promise<readonly MigratedObject[]> {
  const plans = await planAll(byteReader, readDocument(Buffer.from(JSON.stringify(root))), blobs, options);
  const sites = new Map(detect(objectReader, root).sites.map(({ path, value }) => [path.join('/'), value]));
  return plans.map(({ site, context }) => {
    const draft = new ObjectDraft(sites.get(site.path.join('/')) as Record<string, unknown>);
    for (const step of MIGRATIONS[options.target ?? 'lean']) step.up(draft, context);
    return { path: site.path, bag: draft.result() };
  });
}

/** Config and map of a bag as JSON text, from wherever the bag says they are. */
export async function offloaded(site: BagSite<ByteValue>, blobs: RecordingBlobs): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const fields = { config: [site.config, site.configPath], map: [site.map, site.mapPath] };
  for (const [name, [field, path]] of Object.entries(fields)) {
    const pointer = [field, path].find((one) => one?.state === 'pointer');
    if (field?.state === 'inline') found[name] = Buffer.from(byteReader.bytes(field.value)).toString();
    else if (pointer?.state === 'pointer') {
      const { bucket = blobs.bucket, key } = pointer.pointer.target!;
      found[name] = Buffer.from(await blobs.get({ bucket, key })).toString();
    }
  }
  return found;
}
