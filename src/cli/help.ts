import type { AnyCommand, OptionSpec } from './command.js';
import { COMMANDS } from './command-list.js';
import type { ListedCommand } from './command-list.js';

const GENERAL = 'Options';

/** What `statebag --help` prints. */
export function overview(): string {
  const commands = COMMANDS.map(({ name, describe }): Row => [name, describe]);
  return `${[
    'statebag: old and new state bags side by side',
    '',
    'Usage: statebag COMMAND [options]',
    '',
    ...columns(commands),
    '',
    'Every command has --help with examples. `statebag --version` prints the version.',
    'Exit codes: 0 all well · 1 some documents need somebody · 2 usage or configuration · 70 a defect of the tool',
  ].join('\n')}\n`;
}

/** What `statebag COMMAND --help` prints. */
export function commandHelp({ name, describe }: ListedCommand, command: AnyCommand): string {
  const examples = command.examples.flatMap(([purpose, line]) => [`  # ${purpose}`, `  ${line}`]);
  const notes = command.notes?.length ? ['', 'Notes', ...command.notes.map((note) => `  ${note}`)] : [];
  return `${[
    `statebag ${name}: ${describe}`,
    '',
    `Usage: statebag ${name} ${command.usage} [options]`,
    ...optionSections(command),
    '',
    'Examples',
    ...examples,
    ...notes,
  ].join('\n')}\n`;
}

type Row = readonly [left: string, right: string];

function optionSections({ builder }: AnyCommand): string[] {
  const groups = new Map<string, Row[]>();
  for (const [name, spec] of Object.entries(builder)) {
    const rows = groups.get(spec.group ?? GENERAL) ?? [];
    groups.set(spec.group ?? GENERAL, [...rows, [optionName(name, spec), spec.describe]]);
  }
  return Array.from(groups).flatMap(([group, rows]) => ['', group, ...columns(rows)]);
}

function optionName(name: string, { value, multiple }: OptionSpec): string {
  return `--${name}${value === undefined ? '' : ` ${value}`}${multiple ? ' …' : ''}`;
}

function columns(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
