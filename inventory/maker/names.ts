import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateBagMatchers } from 'statebag-shim/matchers';
import { MANIFEST } from './program.js';
import type { Project } from './program.js';
import { ROOT } from './root.js';
import { ASL_RULES, DIFF_RULES, EXIT, FORMATS, MESSAGES, MIGRATIONS, VALIDATION_RULES } from './sources.js';
import { publicPrinter } from './exports.js';

/** `0  ok`: what the command line ends with. */
export function exitLines(): readonly string[] {
  return Object.entries(EXIT).map(([name, code]) => `${code}  ${name}`);
}

/** The channels of the diagnostics, and the members of their messages. */
export function channelLines(project: Project): readonly string[] {
  const { checker, entries } = project;
  const module = checker.getSymbolAtLocation(entries.get(MANIFEST.name)!)!;
  const exported = checker.getExportsOfModule(module).find(({ name }) => name === MESSAGES.type);
  if (!exported) throw new Error(`the package exports no ${MESSAGES.type}`);
  const messages = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(exported)));
  const printer = publicPrinter(project);
  return messages.flatMap((message) => {
    const channel = MESSAGES.prefix + message.name;
    return [channel, ...printer.members(`${channel}  message`, checker.getTypeOfSymbol(message))];
  });
}

/** Names that other programs write down: commands, matchers, formats, schemas, rules, migrations. */
export function nameLines(): readonly string[] {
  const schemas = readdirSync(join(ROOT, 'schemas')).filter((name) => name.endsWith('.json'));
  return [
    ...Object.keys(MANIFEST.bin).map((name) => `bin  ${name}`),
    ...Object.keys(stateBagMatchers).map((name) => `matcher  ${name}`),
    ...FORMATS.map((name) => `format  ${name}`),
    ...schemas.flatMap((file) => {
      const { $id: id } = JSON.parse(readFileSync(join(ROOT, 'schemas', file), 'utf8')) as { readonly $id: string };
      return [`schema  ${file}  ${id}`];
    }),
    ...MIGRATIONS.map(({ id, from, to }) => `migration  ${id}  ${from} to ${to}`),
    ...VALIDATION_RULES.map(({ id }) => `rule of validate  ${id}`),
    ...DIFF_RULES.map(({ id }) => `rule of schema diff  ${id}`),
    ...ASL_RULES.map(({ id }) => `rule of asl check  ${id}`),
  ];
}
