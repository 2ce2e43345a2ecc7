import { byteReader, readDocument } from '../bag/byte-reader.js';
import type { ByteValue } from '../bag/byte-reader.js';
import { detect } from '../bag/detect.js';
import { detectPath } from '../bag/field.js';
import { MANIFEST_PATH } from '../bag/members.js';
import { resolveSegment } from '../bag/resolve.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import { isMissing } from '../bag/value-reader.js';
import { detectStage, offloadStage, planStage, readStage, rewriteStage } from '../batch/stages.js';
import type { StageSettings } from '../batch/stages.js';
import { applySplices, spliceMembers } from '../json/index.js';
import type { MemberEdit, NewMember } from '../json/index.js';

/**
 * An event as a wrapped runner gets it: its bags lean, `segment_config`, `segment_index` and the manifest's path (under
 * both of its names) at the root. Every other byte stays as it is, so numbers keep their spelling. The program is
 * resolved from the event as it came in. Throws what resolving, planning and writing blobs throw.
 */
export async function adaptDocument(bytes: Uint8Array, settings: StageSettings): Promise<Uint8Array> {
  const detected = detectStage(readStage({ id: 'event', line: undefined, bytes }));
  if (detected.detection.generation === 'foreign') return bytes;
  const resolved = await resolveSegment(byteReader, readDocument(bytes), settings.blobs);
  const planned = await planStage(detected, settings);
  const { rewrite } = rewriteStage(await offloadStage(planned, settings.blobs), settings.steps);
  return withMembers(rewrite.bytes, resolved);
}

function withMembers(bytes: Uint8Array, resolved: ResolvedSegment<ByteValue>): Uint8Array {
  const root = readDocument(bytes);
  const wanted = segmentMembers(root, resolved).filter(({ name }) => name === 'segment_config' || isEmpty(root, name));
  const standing = new Set(byteReader.names(root));
  const edits = (root.node.members ?? []).map(({ name }): MemberEdit => {
    const member = wanted.find((candidate) => candidate.name === name);
    return member ? { kind: 'replace', members: [member] } : { kind: 'keep' };
  });
  return applySplices(bytes, spliceMembers(bytes, root.node, edits, wanted.filter(({ name }) => !standing.has(name))));
}

function segmentMembers(root: ByteValue, { segmentConfig, segmentIndex, source }: ResolvedSegment<ByteValue>): readonly NewMember[] {
  const [site] = detect(byteReader, root).sites;
  const path = site && source !== 'branch-map' ? detectPath(byteReader, site.value, MANIFEST_PATH) : undefined;
  const manifest = path?.state === 'pointer' ? byteReader.bytes(path.value) : undefined;
  return [
    { name: 'segment_config', json: byteReader.bytes(segmentConfig) },
    ...(segmentIndex === undefined ? [] : [{ name: 'segment_index', json: Buffer.from(String(segmentIndex)) }]),
    ...(manifest ? [{ name: MANIFEST_PATH, json: manifest }, { name: 'manifest_s3_path', json: manifest }] : []),
  ];
}

function isEmpty(root: ByteValue, name: string): boolean {
  const value = byteReader.member(root, name);
  return isMissing(byteReader, value) || byteReader.text(value) === '';
}
