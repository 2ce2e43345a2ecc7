import { environmentLines } from './environment.js';
import { errorLines } from './errors.js';
import { exportLines } from './exports.js';
import { schemaKeyLines } from './json-schemas.js';
import { typedKeyLines, uncovered } from './json-types.js';
import { channelLines, exitLines, nameLines } from './names.js';
import { optionLines } from './options.js';
import { openProject } from './program.js';
import { sampleLines } from './sample.js';

/** Lines by the name of their file. */
export type Inventory = ReadonlyMap<string, ReadonlySet<string>>;

export interface Facts {
  readonly inventory: Inventory;
  /** What the sources and the sample do not agree about. */
  readonly problems: readonly string[];
}

/** Reads everything that users of the package can depend on. */
export async function readFacts(): Promise<Facts> {
  const project = openProject();
  const typed = typedKeyLines(project);
  const seen = await sampleLines();
  const keys = [...typed, ...schemaKeyLines(), ...seen];
  const files: Readonly<Record<string, readonly string[]>> = {
    'diagnostics.txt': channelLines(project),
    'environment.txt': environmentLines(project),
    'errors.txt': errorLines(),
    'exit-codes.txt': exitLines(),
    'exports.txt': exportLines(project),
    'json-keys.txt': keys,
    'names.txt': nameLines(),
    'options.txt': await optionLines(),
  };
  return {
    inventory: new Map(Object.entries(files).map(([file, lines]) => [file, new Set([...lines].sort())])),
    problems: uncovered(seen, typed).map((line) => `a run wrote, and WRITTEN in sources.ts does not cover: ${line}`),
  };
}
