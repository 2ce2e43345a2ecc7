import type { AnyCommand, ListedCommand, Option, OptionSpecs } from './command.js';
import { HELP_PAGES, HELP_SECTIONS } from './help-pages.js';

/** Options under one heading. */
export interface OptionSection {
  readonly title: string;
  readonly isRare: boolean;
  readonly options: readonly (readonly [name: string, option: Option<unknown>])[];
}

/** The options of a command by their headings: those that most people never need come last. */
export function sectionsOf(options: OptionSpecs): readonly OptionSection[] {
  const sections = new Map<string, OptionSection>();
  for (const [name, option] of Object.entries(options)) {
    const { title, isRare } = option.group ?? { title: 'Options', isRare: false };
    const known = sections.get(`${title} ${isRare}`)?.options ?? [];
    sections.set(`${title} ${isRare}`, { title, isRare, options: [...known, [name, option]] });
  }
  const all = [...sections.values()];
  return [...all.filter(({ isRare }) => !isRare), ...all.filter(({ isRare }) => isRare)];
}

/** What follows `statebag` on a command line: `migrate SOURCE… --store S [options]`. */
export function usageLine(name: string, { positionals, options }: AnyCommand): string {
  const needed = Object.entries(options).filter(([, { required }]) => required);
  const isAll = needed.length === Object.keys(options).length;
  return [
    name,
    ...positionals.map(({ usage }) => usage),
    ...needed.map(([option, { value = '' }]) => `--${option} ${value}`),
    ...(isAll ? [] : ['[options]']),
  ].join(' ');
}

/** The exit codes of a command, with what each means. */
export function exitCodes({ findings }: AnyCommand): readonly (readonly [code: number, meaning: string])[] {
  return [
    [0, 'success'],
    ...(findings === undefined ? [] : [[1, findings] as const]),
    [2, 'the command line or the configuration is wrong'],
    [70, 'an error in the tool'],
  ];
}

/** What `statebag COMMAND --help` prints, in sections. Descriptions are in one line each; `wrapHelp` breaks them. */
export function renderHelp({ name, describe }: ListedCommand, command: AnyCommand): readonly string[] {
  const { positionals, options, examples, notes = [] } = command;
  return [
    `statebag ${name}: ${describe}\n\nUsage: statebag ${usageLine(name, command)}\n`,
    ...(positionals.length === 0
      ? []
      : [section('Arguments', columns(positionals.map(({ usage, describe: text }) => [usage, text])))]),
    ...sectionsOf(options).map(({ title, isRare, options: listed }) =>
      section(isRare ? `${title} (rarely needed)` : title, columns(listed.map(optionRow))),
    ),
    section(
      'Examples',
      examples.flatMap(([purpose, line]) => [`  # ${purpose}`, `  ${line}`]),
    ),
    ...(notes.length === 0
      ? []
      : [
          section(
            'Notes',
            notes.map((note) => `  ${note}`),
          ),
        ]),
    section('Exit codes', columns(exitCodes(command).map(([code, meaning]) => [String(code), meaning]))),
  ];
}

function optionRow([name, option]: readonly [string, Option<unknown>]): readonly [string, string] {
  const { value, isList, otherwise } = option;
  const term = value === undefined ? `--${name}` : `--${name} <${value}>${isList ? '…' : ''}`;
  const text = describeOption(option);
  return [term, otherwise === undefined ? text : `${text} (default ${otherwise})`];
}

/** What an option does, and with which others it does not go. */
export function describeOption({ describe, conflicts = {}, requires = {} }: Option<unknown>): string {
  const names = (others: object) => Object.keys(others).map((name) => `--${name}`);
  const [without, only] = [names(conflicts), names(requires)];
  return [
    describe,
    ...(without.length === 0 ? [] : [`not with ${without.join(', ')}`]),
    ...(only.length === 0 ? [] : [`only with ${only.join(', ')}`]),
  ].join('; ');
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.join('\n')}\n`;
}

function columns(rows: readonly (readonly [term: string, text: string])[]): readonly string[] {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, text]) => `  ${term.padEnd(width)}  ${text}`);
}

/** The help of a command. Its text is made when the package is built, so that no command is loaded for it. */
export function helpPage(name: string): string {
  return HELP_PAGES[name]!.map((number) => HELP_SECTIONS[number]!).join('\n');
}

/** Narrower, descriptions have a line each: columns of a few letters cannot be read. */
const NARROWEST = 48;

/**
 * Breaks lines at spaces so that they are no wider than `width`, and indents what follows under the description.
 * Examples stay in one line each, so that they can be copied. Without a width nothing is broken.
 */
export function wrapHelp(text: string, width = Infinity): string {
  if (width < NARROWEST) return text;
  let isExample = false;
  return text
    .split('\n')
    .map((line) => {
      isExample = line === 'Examples' || (isExample && line.startsWith(' '));
      return isExample || line.length <= width ? line : wrapLine(line, width);
    })
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const indent = /^ +\S.*? {2,}(?=\S)|^ */.exec(line)![0].length;
  const room = Math.max(width - indent, NARROWEST / 2);
  const lines: string[] = [];
  for (const word of line.slice(indent).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return line.slice(0, indent) + lines.join(`\n${' '.repeat(indent)}`);
}
