import { resolve } from 'node:path';
import { isTableUri } from '../sources/dynamodb/id.js';

/** A place as a journal spells it: paths are absolute, and a directory in front of a relative glob is escaped. */
export function resolvePlace(source: string, cwd: string): string {
  if (isRemote(source)) return source;
  const path = resolve(cwd, source);
  const isBelow = GLOB.test(source) && path.startsWith(`${cwd}/`);
  return isBelow ? cwd.replace(/[*?[\]{}\\]/g, '\\$&') + path.slice(cwd.length) : path;
}

/** True when a name of a journal lies at a place: a file, a directory, a glob, an `s3://` prefix or a table. */
export function matchPlace(name: string, place: string): boolean {
  if (name === place) return true;
  // A prefix of keys is no folder, as in S3 itself; a bucket has its whole name.
  if (place.startsWith('s3://')) return name.startsWith(/^s3:\/\/[^/]+$/.test(place) ? `${place}/` : place);
  if (isTableUri(place) || !GLOB.test(place)) return name.startsWith(place.endsWith('/') ? place : `${place}/`);
  return !isRemote(name) && (name.startsWith(`${place}/`) || globPattern(place).test(name));
}

function isRemote(name: string): boolean {
  return name.startsWith('s3://') || isTableUri(name);
}

const GLOB = /[*?[{]/;

const compiled = new Map<string, RegExp>();

/** Every document is compared with the same few globs. */
function globPattern(glob: string): RegExp {
  const known = compiled.get(glob) ?? new RegExp(`^${glob.replace(GLOB_TOKEN, translate)}$`, 's');
  compiled.set(glob, known);
  return known;
}

const GLOB_TOKEN = /\\.|\*\*\/|\*\*|\*|\?|\[[^\]]+\]|\{[^{}]+\}|[^\w/]/gs;

function translate(token: string): string {
  if (token === '**/') return '(?:.*/)?';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('['))
    return `[${token.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
  if (token.length > 1 && token.startsWith('{'))
    return `(?:${token
      .slice(1, -1)
      .split(',')
      .map((part) => part.replace(GLOB_TOKEN, translate))
      .join('|')})`;
  const character = token.at(-1)!;
  return /\w/.test(character) ? character : `\\${character}`;
}
