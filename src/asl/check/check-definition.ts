import type { Finding } from '../../findings/finding.js';
import { locateAll } from '../../json/index.js';
import type { TextPlace } from '../../json/index.js';
import { parseDefinition } from '../read/parse-definition.js';
import { discover } from './discover.js';
import type { Discovery } from './discovery.js';

/**
 * Finds every state of the machines in a file that passes, selects or re-inlines `workflow_config` or `partition_map`,
 * or that copies the whole bag for items or branches. `file` goes into the findings, and its extension decides the
 * notation. Throws what `parseDefinition` throws.
 */
export function findingsIn(bytes: Uint8Array, file: string): readonly Finding[] {
  const { machines } = parseDefinition(bytes, file);
  const found = machines.flatMap((machine) => discover(machine, { speaks: 'lean' }));
  const places = locateAll(
    bytes,
    found.map(({ offset, state }) => state.scope.machine.source.toFile(offset)),
  );
  return onePerPlace(found.map((discovery, index) => toFinding(discovery, file, places[index]!)));
}

function toFinding(
  { rule, level, pointer, message, hint }: Discovery,
  file: string,
  { line, column }: TextPlace,
): Finding {
  return {
    rule,
    level,
    message,
    hint,
    file,
    line,
    column,
    pointer: pointer.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
  };
}

/** What an alias stands for is written once, and told in the first state that uses it. */
function onePerPlace(findings: readonly Finding[]): readonly Finding[] {
  const first = new Map<string, Finding>();
  return findings.filter((finding) => {
    const place = `${finding.line ?? 0}:${finding.column ?? 0}`;
    const other = first.get(place) ?? finding;
    first.set(place, other);
    return other === finding || (other.pointer === finding.pointer && other.message !== finding.message);
  });
}
