import { makeFleet } from '../../examples/fleet/fleet.js';
import type { FleetOptions } from '../../examples/fleet/fleet.js';
import type { Documents } from './scratch.js';

/** Small bags of the given kinds, one a kind, each of a workflow of its own. */
export function bags(kinds: NonNullable<FleetOptions['mix']>, options: Partial<FleetOptions> = {}): Buffer[] {
  const fleet = makeFleet({
    seed: 7,
    bags: kinds.length,
    workflows: kinds.length,
    size: 'small',
    mix: kinds,
    ...options,
  });
  return Array.from(fleet, ({ bytes }) => bytes);
}

/** One bag, of a workflow that depends on the seed. */
export function bag(
  seed = 7,
  kind: NonNullable<FleetOptions['variant']> = 'pre',
  style: NonNullable<FleetOptions['style']> = 'compact',
): Buffer {
  return bags([kind], { seed, style })[0]!;
}

/** Lines of NDJSON with what real files have: blank lines, both kinds of line ends, none at the end. */
export function raggedLines(lines: readonly Uint8Array[]): Buffer {
  const endings = ['\n', '\r\n', '\n\n', '\n  \n'];
  const parts = lines.flatMap((line, at) => [
    line,
    Buffer.from(at === lines.length - 1 ? '' : endings[at % endings.length]!),
  ]);
  return Buffer.concat([Buffer.from('\n'), ...parts]);
}

/** A handful of everything: files of several generations, NDJSON, objects. */
export function handful(): Documents {
  const [pre, bare, text, python, foreign] = bags(['pre', 'bare', 'payload-string', 'python-numbers', 'foreign']);
  const lines = bags(['run-step', 'foreign', 'dict-map', 'pre'], { seed: 8 });
  return {
    'a.json': pre!,
    'b.json': Buffer.concat([bare!, Buffer.from('\n')]),
    'deep/er/c.json': text!,
    'foreign.json': foreign!,
    'lines.ndjson': raggedLines(lines),
    's3://docs/one.json': python!,
    's3://docs/two.ndjson': raggedLines(bags(['pre', 'bare'], { seed: 9 })),
  };
}

/** How many documents of the handful change. */
export const HANDFUL_MIGRATED = 9;
