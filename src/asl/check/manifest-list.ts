import { readExpression } from '../flow/expressions.js';
import { MANIFEST } from '../flow/names.js';
import type { State } from '../flow/states.js';
import { valueOf } from '../read/node.js';
import { stateName } from './discovery.js';
import type { Discovery } from './discovery.js';
import { HINTS } from './words.js';

/** A Map over `segment_manifest`: a path to a list that a bag does not have ends the execution. */
export function discoverManifestList(state: State): readonly Discovery[] {
  if (state.type !== 'Map') return [];
  const name = state.language === 'JSONata' ? 'Items' : 'ItemsPath';
  const node = valueOf(state.node, name);
  const references = (node && readExpression(node, state.language, 'input')?.references) ?? [];
  if (!node || !references.some(({ steps }) => steps.at(-1)?.name === MANIFEST)) return [];
  const pointer = state.scope.machine.isEmbedded ? state.pointer : [...state.pointer, name];
  const message = `${stateName(state)} goes over \`${MANIFEST}\``;
  return [{ rule: 'asl/needs-manifest', level: 'note', state, offset: node.start, pointer, message, hint: HINTS.list }];
}
