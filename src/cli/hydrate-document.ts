import { MIGRATIONS } from '../../migrations/index.js';
import { ByteDraft } from '../bag/byte-draft.js';
import { byteReader, readDocument } from '../bag/byte-reader.js';
import type { ByteValue } from '../bag/byte-reader.js';
import { detect } from '../bag/detect.js';
import type { BagSite } from '../bag/detect.js';
import type { Field } from '../bag/field.js';
import type { BlobReader } from '../bag/follow.js';
import { CONFIG, MAP } from '../bag/members.js';
import type { Migration, OffloadedContent } from '../bag/migration.js';
import { loadValue } from '../bag/sources.js';
import { applySplices } from '../json/index.js';
import type { Splice } from '../json/index.js';

/**
 * The document with `workflow_config` and `partition_map` inline again in each of its bags, whatever the dialect of
 * their pointers; all else keeps its bytes. Throws what following a pointer throws, and `BagError` for what is no JSON.
 */
export async function hydrateDocument(bytes: Uint8Array, blobs: BlobReader): Promise<Uint8Array> {
  const { sites } = detect(byteReader, readDocument(bytes));
  const splices: Splice[] = [];
  for (const site of sites) splices.push(...(await hydrateSite(site, blobs)));
  return applySplices(bytes, splices.sort((one, other) => one.start - other.start));
}

async function hydrateSite(site: BagSite<ByteValue>, blobs: BlobReader): Promise<readonly Splice[]> {
  const draft = new ByteDraft(site.value);
  for (const [name, field] of [[CONFIG, site.config], [MAP, site.map]] as const) {
    // A null under the old name says nothing, and would stand beside the value that comes back.
    if (field.state === 'empty') draft.remove(name);
  }
  undo(MIGRATIONS.bridge, draft, await contentOf(site, site.config, site.map, blobs));
  undo(MIGRATIONS.lean, draft, await contentOf(site, behind(site.config, site.configPath), behind(site.map, site.mapPath), blobs));
  return draft.splices();
}

/** The path counts where the old name holds nothing. */
function behind(field: Field<ByteValue>, path: Field<ByteValue>): Field<ByteValue> {
  return field.state === 'absent' || field.state === 'empty' ? path : { state: 'absent' };
}

async function contentOf(site: BagSite<ByteValue>, config: Field<ByteValue>, map: Field<ByteValue>, blobs: BlobReader): Promise<OffloadedContent> {
  const load = async (field: Field<ByteValue>) =>
    field.state === 'pointer' ? byteReader.bytes(await loadValue(byteReader, field.pointer, site.ownerId, blobs)) : undefined;
  const [configBytes, mapBytes] = [await load(config), await load(map)];
  return { ...(configBytes && { config: configBytes }), ...(mapBytes && { map: mapBytes }) };
}

function undo(steps: readonly Migration[], draft: ByteDraft, content: OffloadedContent): void {
  for (const step of [...steps].reverse()) step.down(draft, content);
}
