import { byteReader } from '../bag/byte-reader.js';
import type { ByteValue } from '../bag/byte-reader.js';
import { detect, holdsDigest } from '../bag/detect.js';
import type { BagSite } from '../bag/detect.js';
import { isEmptyMap, listEntries, openText } from '../bag/entries.js';
import type { BlobReader } from '../bag/follow.js';
import { detectManifestEntries } from '../bag/manifest.js';
import { loadSources, loadValue } from '../bag/sources.js';
import { IntegrityError } from '../errors.js';

/**
 * Compares the program of every segment index, byte for byte: that of the original map against that of the manifest
 * and map which the migrated bag leads to. Resolves to the number compared; throws `IntegrityError` `SEGMENT_DIFFERS`.
 */
export async function compareSegments(original: ByteValue, migrated: ByteValue, blobs: BlobReader): Promise<number> {
  const after = new Map(detect(byteReader, migrated).sites.map((site) => [site.path.join('/'), site]));
  let compared = 0;
  for (const site of detect(byteReader, original).sites) {
    const other = after.get(site.path.join('/'));
    if (!other) throw new IntegrityError('SEGMENT_DIFFERS', `the bag at /${site.path.join('/')} is gone`);
    const { map } = await loadSources(byteReader, site, blobs);
    if (map === undefined || isEmptyMap(byteReader, openText(byteReader, map))) continue;
    const expected = programs(map);
    for (const list of await mapsOf(other, blobs)) assertSame(expected, programs(list));
    compared += expected.length;
  }
  return compared;
}

/** Every list of programs that a migrated bag leads to. */
async function mapsOf(site: BagSite<ByteValue>, blobs: BlobReader): Promise<readonly ByteValue[]> {
  // A manifest at an undigested key is somebody else's to change; the bag's own blobs are what was promised.
  const fields = [site.map, ...[site.mapPath, site.manifestPath].filter((field) => holdsDigest(field))];
  const loaded = fields.flatMap((field) => (field.state === 'pointer' ? [loadValue(byteReader, field.pointer, site.ownerId, blobs)] : []));
  return (await Promise.all(loaded)).map((value) => detectManifestEntries(byteReader, value) ?? value);
}

function programs(list: ByteValue): readonly Uint8Array[] {
  return listEntries(byteReader, list).map((entry) => byteReader.bytes(byteReader.member(entry, 'segment_config') ?? entry));
}

function assertSame(expected: readonly Uint8Array[], actual: readonly Uint8Array[]): void {
  const differs = expected.findIndex((bytes, index) => Buffer.compare(bytes, actual[index] ?? new Uint8Array()) !== 0);
  if (differs < 0 && expected.length === actual.length) return;
  throw new IntegrityError('SEGMENT_DIFFERS', `segment ${differs < 0 ? expected.length : differs} is not the same program before and after`);
}
