import { resolve } from 'node:path';
import { ConfigError } from '../errors/index.js';

/** Starts of paths and URIs: what the journal has, and what is there now. */
export type IdMapping = readonly (readonly [from: string, to: string])[];

/** The ids of containers and documents that were moved since a journal was written. */
export class IdMap {
  private readonly pairs: IdMapping;

  /** Relative paths start at `cwd`. */
  constructor(mapping: IdMapping, cwd: string) {
    this.pairs = mapping
      .map(([from, to]) => [toPrefix(from, cwd), toPrefix(to, cwd)] as const)
      .sort(([one], [other]) => other.length - one.length);
  }

  /** Where a container or document is now. The longest start that matches counts; an id without one stays. */
  locate(id: string): string {
    const pair = this.pairs.find(([from]) => isBelow(id, from));
    return pair ? pair[1] + id.slice(pair[0].length) : id;
  }

  /** An outcome under the id of today. */
  rename<O extends { readonly id: string; readonly reason?: string }>(outcome: O): O {
    const id = this.locate(outcome.id);
    if (id === outcome.id) return outcome;
    return { ...outcome, id, ...(outcome.reason && { reason: outcome.reason.replaceAll(outcome.id, id) }) };
  }

  /** Throws `ConfigError` `USAGE` for a start that no id has, and for two ids that would be one place. */
  assertFits(ids: readonly string[]): void {
    const unused = this.pairs.find(([from]) => !ids.some((id) => isBelow(id, from)));
    if (unused)
      throw new ConfigError('USAGE', `--map ${unused.join('=')}: the journal has no document below ${unused[0]}`);
    const sources = new Map<string, string>();
    for (const id of ids) {
      const place = this.locate(id);
      const other = sources.get(place);
      if (other !== undefined) throw new ConfigError('USAGE', `--map makes one place, ${place}, of ${other} and ${id}`);
      sources.set(place, id);
    }
  }
}

function toPrefix(text: string, cwd: string): string {
  return /^(s3|dynamodb):\/\//.test(text) ? text.replace(/\/+$/, '') : resolve(cwd, text);
}

/** Whole names only: `/bags` is not the start of `/bags-2/a.json`. */
function isBelow(id: string, prefix: string): boolean {
  if (!id.startsWith(prefix)) return false;
  return id.length === prefix.length || prefix === '/' || id[prefix.length] === '/' || id[prefix.length] === '#';
}
