import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** A reference in a text to something in the project, and what is wrong with it. */
export interface BrokenReference {
  readonly file: string;
  readonly target: string;
  readonly reason: 'no such file' | 'no such heading';
}

/** `[text](target)`, with or without a title. Addresses with a scheme are not followed: a test needs no network. */
const LINK = /\[[^\]]*\]\(([^()\s]+)(?:\s"[^"]*")?\)/g;
const SCHEME = /^[a-z][a-z+.-]*:/i;

/** A path in a code span. A pattern, a placeholder or what a build makes is not one. */
const PATH = /`((?:src|test|migrations|schemas|docs|bench|examples|deploy|\.ci)\/[\w./-]+)`/g;
const BUILT = /^schemas\/generated\b/;

/** Every Markdown file of the project, as a path from its root. */
export function listMarkdown(root: string): readonly string[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const below = ['docs', 'test', 'examples', 'bench', 'deploy'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name).split(sep).join('/')),
  );
  return [...top, ...below].sort();
}

/** Relative links that lead to no file, or to no heading of one. */
export function findBrokenLinks(root: string, file: string): readonly BrokenReference[] {
  const text = withoutCode(readFileSync(join(root, file), 'utf8'));
  const targets = Array.from(text.matchAll(LINK), ([, target]) => target!).filter((target) => !SCHEME.test(target));
  return targets.flatMap((target): BrokenReference[] => {
    const [path = '', heading] = target.split('#');
    const found = path === '' ? file : relative(root, join(root, dirname(file), decodeURIComponent(path)));
    if (!existsSync(join(root, found))) return [{ file, target, reason: 'no such file' }];
    if (heading === undefined || headingsOf(join(root, found)).includes(heading)) return [];
    return [{ file, target, reason: 'no such heading' }];
  });
}

/** Paths in code spans that are not in the project. */
export function findMissingPaths(root: string, file: string): readonly BrokenReference[] {
  const text = readFileSync(join(root, file), 'utf8');
  return Array.from(text.matchAll(PATH), ([, target]) => target!)
    .filter((target) => !BUILT.test(target) && !existsSync(join(root, target)))
    .map((target) => ({ file, target, reason: 'no such file' }));
}

/** The ids that GitHub gives to the headings of a file; a repeated one gets a number. */
function headingsOf(path: string): readonly string[] {
  if (statSync(path).isDirectory()) return [];
  const seen = new Map<string, number>();
  const titles = Array.from(
    withoutBlocks(readFileSync(path, 'utf8')).matchAll(/^#{1,6} +(.+)$/gm),
    ([, title]) => title!,
  );
  return titles.map((title) => {
    const id = slugOf(title);
    const count = seen.get(id) ?? 0;
    seen.set(id, count + 1);
    return count === 0 ? id : `${id}-${count}`;
  });
}

function slugOf(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** Text in blocks and spans of code has no links. */
function withoutCode(text: string): string {
  return withoutBlocks(text).replace(/`[^`\n]*`/g, '');
}

function withoutBlocks(text: string): string {
  return text.replace(/^(`{3,}).*\n[\s\S]*?^\1`*$/gm, '');
}
