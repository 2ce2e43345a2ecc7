import type { Flaw } from './inventory.js';

/**
 * Why a document without a bag is not understood; `undefined` when no filled member of an old name is in it, at
 * whatever depth and inside however many strings.
 *
 * @example
 * findHiddenProgram(Buffer.from('[{"workflow_config":{"nodes":[]}}]'))?.code; // 'BAG_HIDDEN'
 */
export function findHiddenProgram(bytes: Uint8Array): Flaw | undefined {
  return PROGRAM.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'))
    ? HIDDEN
    : undefined;
}

const PROGRAM = /(?:workflow_config|partition_map)\\*"\s*:(?!\s*(?:null|\{\s*\}|\[\s*\]|\\*"\\*"))/;

const HIDDEN: Flaw = {
  code: 'BAG_HIDDEN',
  reason:
    'workflow_config or partition_map is in it at a place where no bag is expected: in a list, in JSON text inside JSON text, or below other members',
};
