import { RawJson } from '../src/bag/document.js';
import { MAP, MAP_PATH } from '../src/bag/members.js';
import type { Migration } from '../src/bag/migration.js';
import { placePath } from './place-path.js';

/** After: no `partition_map`; `partition_map_s3_path` at its place when there was a value. */
export const pointPartitionMap: Migration = {
  id: '0003-point-partition-map',
  description: 'replace partition_map by the path of its blob',
  up: (bag, { claims }) => {
    placePath(bag, MAP, MAP_PATH, claims.map?.uri);
  },
  down: (bag, { map }) => {
    if (map && bag.has(MAP_PATH)) bag.replace(MAP_PATH, [{ name: MAP, value: new RawJson(map) }]);
  },
};
