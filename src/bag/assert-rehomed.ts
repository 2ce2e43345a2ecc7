import { BagError } from '../errors.js';
import { isMutableKey, listMutableMembers } from './detect.js';
import type { BagSite } from './detect.js';
import { entryPointers } from './entry-targets.js';
import { CONFIG, CONFIG_PATH, MANIFEST, MANIFEST_ALIAS, MANIFEST_PATH, MAP, MAP_PATH } from './members.js';
import type { MigrationContext } from './migration.js';
import type { ValueReader } from './value-reader.js';

/**
 * Refuses a plan that leaves a program where a later run writes again. `bridgeMap` is the map that is stored under the
 * old name and read before the manifest. Throws `BagError` `PROGRAM_MUTABLE`.
 */
export function assertRehomed<V>(
  reader: ValueReader<V>,
  site: BagSite<V>,
  context: MigrationContext,
  bridgeMap: V | undefined,
): void {
  const { config, map, manifest } = context.claims;
  const changed: Readonly<Record<string, unknown>> = {
    [CONFIG]: config,
    [CONFIG_PATH]: config,
    [MAP]: map,
    [MAP_PATH]: map,
    [MANIFEST_PATH]: manifest,
    [MANIFEST_ALIAS]: context.manifestAlias,
    [MANIFEST]: context.manifestPointers,
  };
  const left = listMutableMembers(reader, site).find((name) => changed[name] === undefined);
  if (left !== undefined)
    throw mutable(
      left,
      left === MANIFEST ? 'Write the programs into it in place of the pointers' : 'Correct or remove the member',
    );
  if (bridgeMap !== undefined && entryPointers(reader, bridgeMap).some(isMutableKey)) {
    throw mutable(
      `an entry of ${MAP}`,
      'Readers of the bridge form ask the map first. Use --to lean, which writes the programs into the manifest',
    );
  }
}

function mutable(where: string, advice: string): BagError {
  return new BagError(
    'PROGRAM_MUTABLE',
    `${where} leads to a key that another run of the workflow overwrites, and the migration cannot move that program to a content address. ${advice}`,
  );
}
