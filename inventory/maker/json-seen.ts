import { at } from './json-types.js';
import { MAPS } from './sources.js';

/** Key paths of a value that a program wrote. */
export function seenKeyLines(output: string, value: unknown): readonly string[] {
  const lines: string[] = [];
  walk('', value, (line) => lines.push(line));
  return lines.map((line) => `${output}  ${line.replace(MAPS, '$<map>.*')}`);
}

function walk(path: string, value: unknown, add: (line: string) => void): void {
  if (path !== '') add(`${path}: ${kindOf(value)}`);
  if (Array.isArray(value)) for (const item of value as readonly unknown[]) walk(`${path}[]`, item, add);
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) walk(at(path, name), member, add);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
