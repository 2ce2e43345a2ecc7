import { format } from 'prettier';
import type { AnyCommand, ListedCommand, Option } from '../../src/cli/command.js';
import { describeOption, exitCodes, renderHelp, sectionsOf, usageLine } from '../../src/cli/help.js';
import type { OptionSection } from '../../src/cli/help.js';
import { COMMANDS } from '../../src/cli/run.js';

/** A command with its description. */
interface Described {
  readonly listed: ListedCommand;
  readonly command: AnyCommand;
}

const HEAD = `/*
 * The text of every --help, made from the descriptions of the commands. Do not edit it:
 * UPDATE_CLI=1 npx vitest run test/cli/reference.test.ts
 */
`;

/** `src/cli/help-pages.ts`: sections that several commands have are in it once. */
export async function renderHelpPages(): Promise<string> {
  const sections = new Map<string, number>();
  const pages = (await describeAll()).map(({ listed, command }) => {
    const numbers = renderHelp(listed, command).map((section) => {
      const number = sections.get(section) ?? sections.size;
      sections.set(section, number);
      return number;
    });
    return `${JSON.stringify(listed.name)}: ${JSON.stringify(numbers)},`;
  });
  const texts = [...sections.keys()].map((text) => `\`${text.replaceAll(/[\\`]|\$\{/g, '\\$&')}\`,`);
  const source = `${HEAD}
export const HELP_SECTIONS: readonly string[] = [${texts.join('\n')}];

/** The sections of each command, in their order. */
export const HELP_PAGES: Readonly<Record<string, readonly number[]>> = {${pages.join('\n')}};
`;
  return format(source, { parser: 'typescript', printWidth: 120, singleQuote: true });
}

/** `docs/reference/cli.md`. */
export async function renderReference(): Promise<string> {
  const commands = await describeAll();
  const shared = sharedSections(commands);
  return `${[
    '# Command line',
    'This page is made from the descriptions that the command line parses its arguments with. `statebag COMMAND --help` prints the same.',
    table(
      ['command', 'what it does'],
      commands.map(({ listed: { name, describe } }) => [link(`statebag ${name}`), describe]),
    ),
    '## Rules for all commands',
    RULES.map((rule) => `- ${rule}`).join('\n'),
    ...commands.flatMap((described) => commandPage(described, shared)),
    '## Shared options',
    'Several commands have these. Their headings are those of the help.',
    ...[...shared.values()].flatMap((section) => [`### ${headingOf(section)}`, optionTable(section.options)]),
  ].join('\n\n')}\n`;
}

const RULES = [
  'An option may be before or after the arguments, as `--name value` or `--name=value`. If an option that is not a list is given twice, the last value counts. What follows `--` is an argument.',
  'A command that rewrites or deletes is a dry run unless `--apply` is given. `adapt` and `seal` store the blobs that they point to; `fleet manifest`, `fleet collect` and `report --html` write the file or journal that they are asked for. Each of these writes nothing with `--dry-run`.',
  'Every command but `runtime-proxy` takes `--dry-run`; where a command only reads, it changes nothing. `--dry-run` and `--apply` exclude each other.',
  'Relative paths start at the working directory.',
  'Exit codes: 0 success; 1 some documents failed, were skipped unexpectedly or were not started; 2 the command line or the configuration is wrong; 70 an error in the tool; 130 a second SIGINT or SIGTERM.',
];

function describeAll(): Promise<readonly Described[]> {
  return Promise.all(COMMANDS.map(async (listed) => ({ listed, command: await listed.load() })));
}

/** Sections that three commands or more have, word for word; of several with one title, the most common. */
function sharedSections(commands: readonly Described[]): ReadonlyMap<string, OptionSection> {
  const found = new Map<string, { readonly section: OptionSection; count: number }>();
  for (const section of commands.flatMap(({ command }) => sectionsOf(command.options))) {
    const known = found.get(keyOf(section)) ?? { section, count: 0 };
    found.set(keyOf(section), { section, count: known.count + 1 });
  }
  const titles = new Set<string>();
  const shared = [...found]
    .filter(([, { count }]) => count > 2)
    .sort(([, a], [, b]) => b.count - a.count)
    .filter(([, { section }]) => titles.size < titles.add(section.title).size);
  return new Map(shared.map(([key, { section }]) => [key, section]));
}

function keyOf(section: OptionSection): string {
  return JSON.stringify(section);
}

function commandPage({ listed, command }: Described, shared: ReadonlyMap<string, OptionSection>): readonly string[] {
  const { positionals, options, examples, notes = [] } = command;
  const [own, others] = [
    sectionsOf(options).filter((section) => !shared.has(keyOf(section))),
    sectionsOf(options).filter((section) => shared.has(keyOf(section))),
  ];
  return [
    `## statebag ${listed.name}`,
    sentence(listed.describe),
    block([`statebag ${usageLine(listed.name, command)}`]),
    ...(positionals.length === 0
      ? []
      : [
          table(
            ['argument', 'what it is'],
            positionals.map(({ usage, describe }) => [code(usage), describe]),
          ),
        ]),
    ...own.flatMap(({ title, options: listedOptions }) => [`**${title}**`, optionTable(listedOptions)]),
    ...(others.length === 0 ? [] : [`Shared options: ${others.map((one) => link(headingOf(one))).join(', ')}.`]),
    block(examples.flatMap(([purpose, line]) => [`# ${purpose}`, line])),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${markdown(note)}`).join('\n')]),
    `Exit codes: ${exitCodes(command)
      .map(([number, meaning]) => `${number}: ${markdown(meaning)}`)
      .join('; ')}.`,
  ];
}

function optionTable(options: OptionSection['options']): string {
  return table(
    ['option', 'value', 'default', 'what it does'],
    options.map(([name, option]) => [
      code(`--${name}`),
      kindOf(option),
      defaultOf(option),
      markdown(describeOption(option)),
    ]),
  );
}

function kindOf({ kind, value, choices, isList }: Option<unknown>): string {
  const what = choices ? choices.map(code).join(', ') : kind === 'flag' ? 'none' : `${code(value!)}, ${kind}`;
  return isList ? `${what}; may be repeated` : what;
}

function defaultOf({ kind, otherwise, required }: Option<unknown>): string {
  if (required) return required.unless === undefined ? 'required' : `required without ${code(`--${required.unless}`)}`;
  return otherwise === undefined ? (kind === 'flag' ? 'off' : '') : markdown(otherwise);
}

function headingOf({ title }: OptionSection): string {
  return title.replace(/, with the placeholders.*/, '');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function block(lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Options, placeholders and patterns as code. */
function markdown(text: string): string {
  return text.includes('`') ? text : text.replaceAll(/(?<![\w`])(--[a-z-]+|[^\s,;]*[<>*{}][^\s,;]*)/g, '`$1`');
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${markdown(text.slice(1))}.`;
}

function link(heading: string): string {
  const id = heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-');
  return `[${heading}](#${id})`;
}
