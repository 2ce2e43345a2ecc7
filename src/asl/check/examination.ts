import { Origins } from '../flow/origins.js';
import type { Scope } from '../flow/states.js';
import { readScopes } from '../flow/states.js';
import type { Machine } from '../read/machines.js';
import type { AslSettings } from './settings.js';

/** A machine, what is known of its data, and how it is to be mended. */
export interface Examination {
  readonly machine: Machine;
  readonly scopes: readonly Scope[];
  readonly origins: Origins;
  readonly settings: AslSettings;
}

export function examine(machine: Machine, settings: AslSettings): Examination {
  const scopes = readScopes(machine);
  return { machine, scopes, origins: new Origins(scopes), settings };
}
