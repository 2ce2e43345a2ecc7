import type { Generation } from '../bag/bag.js';
import type { SourceDocument } from '../sources/source.js';
import type { Flaw } from './inventory.js';

/**
 * Why a document that is not fat is not understood: a filled member of an old name is in it where no bag is expected,
 * at whatever depth and inside however many strings. `undefined` when there is none.
 *
 * @example
 * const bytes = Buffer.from('{"a":[{"workflow_config":{"nodes":[]}}]}');
 * findHiddenProgram({ id: 'a.json', line: undefined, bytes }, 'foreign')?.code; // 'BAG_HIDDEN'
 */
export function findHiddenProgram({ bytes, beside }: SourceDocument, generation: Generation): Flaw | undefined {
  if (generation === 'foreign' && holdsProgram(bytes)) return HIDDEN;
  return beside && holdsProgram(beside()) ? HIDDEN_BESIDE : undefined;
}

function holdsProgram(bytes: Uint8Array): boolean {
  return PROGRAM.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
}

const PROGRAM = /(?:workflow_config|partition_map)\\*"\s*:(?!\s*(?:null|\{\s*\}|\[\s*\]|\\*"\\*"))/;

const HIDDEN: Flaw = {
  code: 'BAG_HIDDEN',
  reason:
    'workflow_config or partition_map is in it at a place where no bag is expected: in a list, in JSON text inside JSON text, or below other members',
};

const HIDDEN_BESIDE: Flaw = {
  code: 'BAG_HIDDEN',
  reason: 'workflow_config or partition_map is in another attribute of the row, where no bag is expected',
};
