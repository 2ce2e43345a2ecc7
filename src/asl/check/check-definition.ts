import type { Finding } from '../../findings/finding.js';
import { locateAll } from '../../json/index.js';
import type { TextPlace } from '../../json/index.js';
import type { Pointer } from '../read/machines.js';
import { parseDefinition } from '../read/parse-definition.js';
import { discover } from './discover.js';
import type { Discovery } from './discovery.js';

/**
 * Finds every state of the machines in a file that passes, selects or re-inlines `workflow_config` or `partition_map`,
 * or that copies the whole bag for items or branches. `file` goes into the findings, and its extension decides the
 * notation. Throws what `parseDefinition` throws.
 */
export function findingsIn(bytes: Uint8Array, file: string): CheckedDefinition {
  const { machines, unread, references } = parseDefinition(bytes, file);
  const found = [
    ...machines.flatMap((machine) => discover(machine, { speaks: 'lean' })).map(placed),
    ...unread.map((each): Placed => ({ ...each, rule: each.code, level: 'error' })),
  ];
  const offsets = [...found, ...references].map(({ offset }) => offset);
  const places = locateAll(bytes, offsets);
  const findings = found.map((each, index) => toFinding(each, file, places[index]!));
  return {
    findings: onePerPlace([...findings].sort(byPlace)),
    references: references.map(({ path, pointer }, index) => ({
      path,
      place: { file, ...lineAndColumn(places[found.length + index]!), pointer: pointerText(pointer) },
    })),
  };
}

/** What is found, and the files that a template takes further definitions from. */
export interface CheckedDefinition {
  readonly findings: readonly Finding[];
  readonly references: readonly {
    readonly path: string;
    readonly place: Omit<Finding, 'rule' | 'level' | 'message'>;
  }[];
}

interface Placed extends Pick<Finding, 'level' | 'message'> {
  readonly rule: string;
  readonly hint?: string;
  readonly pointer: Pointer;
  /** In the file. */
  readonly offset: number;
}

function placed({ rule, level, pointer, message, hint, offset, state }: Discovery): Placed {
  return { rule, level, pointer, message, hint, offset: state.scope.machine.source.toFile(offset) };
}

function toFinding({ rule, level, pointer, message, hint }: Placed, file: string, place: TextPlace): Finding {
  return {
    rule,
    level,
    message,
    ...(hint !== undefined && { hint }),
    file,
    ...lineAndColumn(place),
    pointer: pointerText(pointer),
  };
}

function lineAndColumn({ line, column }: TextPlace): Pick<TextPlace, 'line' | 'column'> {
  return { line, column };
}

function pointerText(pointer: Pointer): string {
  return pointer.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function byPlace(one: Finding, other: Finding): number {
  return (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);
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
