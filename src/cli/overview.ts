import { COMMANDS } from './command-list.js';

/** What `statebag --help` prints. The list is at hand, so the parser need not be loaded for it. */
export function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return `${[
    'statebag: old and new state bags side by side',
    '',
    'Usage: statebag COMMAND [options]',
    '',
    ...COMMANDS.map(({ name, describe }) => `  ${name.padEnd(width)}  ${describe}`),
    '',
    'Every command has --help with examples. `statebag --version` prints the version.',
    'Exit codes: 0 all well · 1 some documents need somebody · 2 usage or configuration · 70 a defect of the tool',
  ].join('\n')}\n`;
}
