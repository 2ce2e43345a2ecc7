import { discover } from '../check/discover.js';
import type { Edit, ObjectEdit, TextEdit } from '../check/discovery.js';
import type { AslSettings } from '../check/settings.js';
import { applySplices } from '../../json/index.js';
import type { Splice } from '../../json/index.js';
import type { AslNode } from '../read/node.js';
import type { Machine } from '../read/machines.js';
import { parseDefinition } from '../read/parse-definition.js';
import { textPlaces } from '../read/text-places.js';
import { planObject } from './object-plan.js';
import { objectSplices } from './object-splices.js';

/** Moving one field can show what becomes of another; a machine is at rest after two rounds or three. */
const MAX_ROUNDS = 5;

/**
 * Rewrites the states of a definition that pass, select or re-inline the two fields, as far as that can be done without
 * knowing more than the definition says. Every other byte stays. Doing it again changes nothing.
 * Throws what `parseDefinition` throws.
 */
export function patchDefinition(bytes: Uint8Array, file: string, settings: AslSettings): Uint8Array {
  let patched = bytes;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = patchOnce(patched, file, settings);
    if (Buffer.compare(next, patched) === 0) break;
    patched = next;
  }
  return patched;
}

function patchOnce(bytes: Uint8Array, file: string, settings: AslSettings): Uint8Array {
  const { machines } = parseDefinition(bytes, file);
  return applySplices(bytes, apart(machines.flatMap((machine) => machineSplices(machine, settings))));
}

/** What an alias stands for is edited once; of edits that want the same place, the first. */
function apart(splices: readonly Splice[]): readonly Splice[] {
  const kept: Splice[] = [];
  for (const splice of [...splices].sort((one, other) => one.start - other.start || one.end - other.end)) {
    const before = kept.at(-1);
    const isTaken =
      before && (splice.start < before.end || (splice.start === before.start && splice.end === before.end));
    if (!isTaken) kept.push(splice);
  }
  return kept;
}

function machineSplices(machine: Machine, settings: AslSettings): readonly Splice[] {
  const edits = discover(machine, settings).flatMap((discovery) => discovery.edits ?? []);
  const objects = groupByNode(edits.filter((edit): edit is ObjectEdit => edit.kind === 'object'));
  const dropped = new Set(
    objects.flatMap(({ node, edits: own }) =>
      own.flatMap(({ drop, clear }) => [...drop, ...clear].map((index) => node.members![index]!.value)),
    ),
  );
  const texts = groupByNode(edits.filter((edit): edit is TextEdit => edit.kind === 'text' && !dropped.has(edit.node)));
  const { source } = machine;
  const own = [
    ...objects.flatMap(({ edits: group }) => objectSplices(source.bytes, planObject(group)) ?? []),
    ...texts.flatMap(({ node, edits: group }) => textSplices(source.bytes, node, group)),
  ];
  return source.lift(own) ?? [];
}

interface Group<E extends Edit> {
  readonly node: AslNode;
  readonly edits: readonly E[];
}

function groupByNode<E extends Edit>(edits: readonly E[]): readonly Group<E>[] {
  const groups = new Map<AslNode, E[]>();
  for (const edit of edits) {
    const own = groups.get(edit.node) ?? [];
    groups.set(edit.node, own);
    own.push(edit);
  }
  return [...groups].map(([node, own]) => ({ node, edits: own }));
}

function textSplices(bytes: Uint8Array, node: AslNode, edits: readonly TextEdit[]): readonly Splice[] {
  const places = textPlaces(bytes, node);
  if (!places) return [];
  return edits.map(({ start, end, insert }) => ({
    start: places.at(start),
    end: places.at(end),
    insert: Buffer.from(places.encode(insert)),
  }));
}
