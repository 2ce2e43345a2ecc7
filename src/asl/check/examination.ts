import { Origins } from '../flow/origins.js';
import type { Scope } from '../flow/states.js';
import { readScopes } from '../flow/states.js';
import type { Machine } from '../read/machines.js';
import type { AslSettings } from './settings.js';

/** A machine, what is known of its data, and how it is to be mended. */
export interface Examination {
  readonly scopes: readonly Scope[];
  readonly origins: Origins;
  readonly settings: AslSettings;
  /** Keys of the values that carry a program and are left to a person. */
  readonly left: ReadonlySet<string>;
}

export function examine(machine: Machine, settings: AslSettings, left: ReadonlySet<string>): Examination {
  const scopes = readScopes(machine);
  return { scopes, origins: new Origins(scopes, left), settings, left };
}
