import { detect } from '../../src/bag/detect.js';
import type { BagSite } from '../../src/bag/detect.js';
import type { Field } from '../../src/bag/field.js';
import type { ValueReader } from '../../src/bag/value-reader.js';

/** What a reader sees in a document, without what it is made of. */
export function summaryOf<V>(reader: ValueReader<V>, root: V): unknown {
  const { generation, sites, envelope } = detect(reader, root);
  return {
    generation,
    levels: envelope?.levels.map(({ path }) => path),
    sites: sites.map((site) => siteSummary(site)),
  };
}

function siteSummary<V>({
  config,
  map,
  configPath,
  mapPath,
  manifestPath,
  inlineManifest,
  value: _,
  ...rest
}: BagSite<V>): unknown {
  const fields = [config, map, configPath, mapPath, manifestPath].map(fieldSummary);
  return { ...rest, fields, holdsManifest: inlineManifest !== undefined };
}

function fieldSummary<V>(field: Field<V>): unknown {
  return field.state === 'pointer' ? { state: field.state, pointer: field.pointer } : field.state;
}
