import type { DocumentSource } from '../batch/source.js';
import { EXECUTIONS_SCHEME } from './open-executions.js';
import type { OpenSource } from './open-source.js';

/**
 * Executions last: what is resumed moves from a row or a file into its execution, and is met there if it has left the
 * place where it rested. The other way round it could slip through between two readings.
 */
export function orderedSources(sources: readonly OpenSource[]): readonly DocumentSource[] {
  const isExecutions = ({ id }: DocumentSource): number => (id.startsWith(EXECUTIONS_SCHEME) ? 1 : 0);
  return sources.map(({ source }) => source).sort((one, other) => isExecutions(one) - isExecutions(other));
}
