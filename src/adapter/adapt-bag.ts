import { detectSite, holdsDigest } from '../bag/detect.js';
import type { BagSite } from '../bag/detect.js';
import type { Field } from '../bag/field.js';
import { md5Prefix } from '../bag/follow.js';
import { hydrateBag } from '../bag/hydrate.js';
import type { BlobKind } from '../bag/layout.js';
import type { Claim } from '../bag/migration.js';
import { ObjectDraft } from '../bag/object-draft.js';
import { objectReader } from '../bag/object-reader.js';
import { detectDigest } from '../bag/detect.js';
import { attempt } from './fail-open.js';
import type { Work } from './engine.js';
import type { JsonMembers } from './json-members.js';
import { leanBag } from './lean-bag.js';
import { repairManifest } from './repair-manifest.js';
import { restoreMembers } from './stored-members.js';

/** A bag as its handler gets it, and as it would go back unchanged. */
export interface AdaptedBag {
  readonly handed: JsonMembers;
  readonly kept: JsonMembers;
  /** Why the bag was left in its old form. */
  readonly error: Error | undefined;
}

/**
 * One bag of an event in the form its handler speaks. Bringing it into the new form is what an execution can do
 * without; reading what the handler asks for is not, and rejects.
 */
export async function adaptBag(site: BagSite<unknown>, work: Work): Promise<AdaptedBag> {
  const bag = site.value as JsonMembers;
  const speaksFat = work.engine.settings.speaks === 'fat';
  const { value, error } = await attempt(work, async () => repairManifest(speaksFat ? bag : (await leanBag(site, work)).bag, work));
  const kept = value ?? bag;
  const handed = speaksFat ? await fillBag(kept, site, work) : kept;
  return { handed: await restoreMembers(handed, work), kept, error };
}

/** The bag with its config and map inline, and remembered as they lie in the store, so that they go back as what they were. */
export async function fillBag(bag: JsonMembers, { path }: Pick<BagSite<unknown>, 'path'>, work: Work): Promise<JsonMembers> {
  const { engine } = work;
  const site = detectSite(objectReader, { path, value: bag });
  if (![site.config, site.map, site.configPath, site.mapPath].some((field) => field.state === 'pointer')) return bag;
  const draft = new ObjectDraft(bag);
  await hydrateBag(engine.blobs.reader, site, draft, engine.steps, engine.blobs, work.deadline.signal());
  const filled = draft.result();
  rememberProgram(site, filled, work);
  return filled;
}

function rememberProgram(site: BagSite<unknown>, filled: JsonMembers, work: Work): void {
  const { configPath, mapPath, manifestPath } = site;
  const after = detectSite(objectReader, { path: [], value: filled });
  const isWhole = [[after.config, configPath], [after.map, mapPath]].every(([value, path]) => value!.state !== 'inline' || holdsDigest(path!));
  if (!isWhole || (after.map.state === 'inline' && !holdsDigest(manifestPath))) return;
  const claims = {
    ...claimOf('config', configPath, after.config),
    ...claimOf('map', mapPath, after.map),
    ...(after.map.state === 'inline' ? claimOf('manifest', manifestPath, undefined) : {}),
  };
  work.engine.programs.remember(after, claims);
}

/** A claim on what is stored already. Sizes count only for the cache, to which a manifest weighs nothing. */
function claimOf(kind: BlobKind, path: Field<unknown>, value: Field<unknown> | undefined): Partial<Record<BlobKind, Claim>> {
  const target = path.state === 'pointer' ? path.pointer.target : undefined;
  const sha256 = detectDigest(target?.key);
  if (target?.bucket === undefined || sha256 === undefined) return {};
  const bytes = value?.state === 'inline' ? objectReader.bytes(value.value) : new Uint8Array();
  const { bucket, key } = target;
  return { [kind]: { kind, uri: `s3://${bucket}/${key}`, bucket, key, size: bytes.length, sha256, md5Prefix: () => md5Prefix(bytes) } };
}
