import { readFileSync } from 'node:fs';

/** The guards that `test/mutations.md` describes, in its order. Throws when a section is not complete. */
export function readGuards() {
  const path = new URL('../../test/mutations.md', import.meta.url);
  const [, ...sections] = readFileSync(path, 'utf8').split(/^## (?=M\d+ )/m);
  return sections.map(parseGuard);
}

/** The file with the guard broken. Throws unless the lines of the guard are in it exactly once. */
export function breakGuard({ id, file, before, after }, text) {
  const [whole, lines] = [`\n${text}`, `\n${before.join('\n')}\n`];
  const places = whole.split(lines).length - 1;
  if (places !== 1) throw new Error(`${id}: the lines to change are in ${file} ${places} times, not once`);
  const broken = after.length === 0 ? '\n' : `\n${after.join('\n')}\n`;
  return whole.replace(lines, () => broken).slice(1);
}

function parseGuard(section) {
  const [, id, name] = /^(M\d+) (.+)$/m.exec(section) ?? [];
  const [, sentence, harm] = section.split(/\n\n+/);
  const [, file] = /^File: `([^`\n]+)`$/m.exec(section) ?? [];
  const [, diff] = /^```diff\n([^]*?)^```$/m.exec(section) ?? [];
  const red = [...(/^Red: (.+)$/m.exec(section)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, test]) => test);
  if (!harm?.startsWith('Without it, ') || !file || !diff || red.length === 0)
    throw new Error(`test/mutations.md: the section ${id} ${name} is not complete; see "How to add a guard"`);
  const lines = diff.trimEnd().split('\n');
  return {
    id,
    name,
    sentence,
    harm,
    file,
    before: lines.filter((line) => !line.startsWith('+')).map((line) => line.slice(1)),
    after: lines.filter((line) => !line.startsWith('-')).map((line) => line.slice(1)),
    red,
    needsBuild: /^Build: dist$/m.test(section),
    timeoutCounts: /^Timeout: counts$/m.test(section),
  };
}
