import { isEmpty } from './bag.js';
import type { Bag, Field } from './bag.js';
import type { BagEdit } from './edit.js';
import { CONFIG, MAP } from './members.js';
import type { Migration, OffloadedContent } from './migration.js';
import { loadValue, configTrust, cutConfig, mapTrust, samePrograms } from './sources.js';
import type { BlobReader } from './places.js';

/** What was loaded into a bag, by where it lay. */
export interface LoadedContent {
  /** Behind pointers under the old names. */
  readonly named: OffloadedContent;
  /** Behind the paths. */
  readonly paths: OffloadedContent;
}

/**
 * Puts `workflow_config` and `partition_map` back into one bag, whatever the dialect of their pointers; what is inline
 * stays. `pathTo` gives the migrations whose `down` is run. Throws what following a pointer throws; the draft is then
 * untouched.
 */
export async function hydrateBag(
  bag: Bag,
  draft: BagEdit,
  pathTo: (target: 'lean' | 'bridge') => readonly Migration[],
  blobs: BlobReader,
  signal?: AbortSignal,
): Promise<LoadedContent> {
  const content = await loadContent(bag, blobs, signal);
  // What stood under the old name said nothing, and would stand beside the value that comes back.
  if (content.paths.config) draft.remove(CONFIG);
  if (content.paths.map) draft.remove(MAP);
  migrateDown(draft, pathTo('bridge'), content.named);
  migrateDown(draft, pathTo('lean'), content.paths);
  return content;
}

/** Runs a path of migrations backwards over a bag. */
export function migrateDown(bag: BagEdit, path: readonly Migration[], content: OffloadedContent): void {
  for (const migration of path.toReversed()) migration.down(bag, content);
}

async function loadContent(bag: Bag, blobs: BlobReader, signal?: AbortSignal): Promise<LoadedContent> {
  const load = async (field: Field) =>
    field.state === 'pointer' ? (await loadValue(field.pointer, bag, blobs, signal)).bytes() : undefined;
  const [config, map] = await Promise.all([load(bag.config), load(bag.map)]);
  const behind = (field: Field, path: Field) => (isEmpty(field) ? load(path) : undefined);
  const [configBehind, mapBehind] = await Promise.all([
    behind(bag.config, bag.configPath),
    behind(bag.map, bag.mapPath),
  ]);
  const known = overruled(bag, config ?? configBehind);
  return { named: makeContent(config, known(map)), paths: makeContent(configBehind, known(mapBehind)) };
}

/** A map at a mutable key that says something else than the config is another run's: the config, cut, stands for it. */
function overruled(bag: Bag, config: Uint8Array | undefined): (map: Uint8Array | undefined) => Uint8Array | undefined {
  if (mapTrust(bag) !== 'mutable' || configTrust(bag) !== 'safe') return (map) => map;
  const inline = bag.config.state === 'inline' ? bag.config.value : undefined;
  const cut = cutConfig(config === undefined ? inline : bag.value.parse(config)).map;
  return (map) =>
    map === undefined || cut === undefined || samePrograms(cut, bag.value.parse(map)) ? map : cut.bytes();
}

function makeContent(config: Uint8Array | undefined, map: Uint8Array | undefined): OffloadedContent {
  return { ...(config && { config }), ...(map && { map }) };
}
