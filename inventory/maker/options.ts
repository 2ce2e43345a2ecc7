import { COMMANDS } from './sources.js';
import type { Option } from './sources.js';

/** What each command takes: positional arguments, options. An action of a group is a command with two words. */
export async function optionLines(): Promise<readonly string[]> {
  const commands = await Promise.all(
    COMMANDS.map(async ({ name, load }) => {
      const { positionals, options } = await load();
      const least = positionals.filter(({ usage }) => !usage.startsWith('[')).length;
      const most = positionals.some(({ usage }) => usage.includes('…')) ? 'any number' : String(positionals.length);
      const [group, action] = name.split(' ');
      return [
        ...(action === undefined ? [] : [`${group!}  action: ${action}`]),
        `${name}  usage: ${[...positionals.map(({ usage }) => usage), ...neededOptions(options)].join(' ')}`,
        `${name}  positional arguments: ${least} to ${most}`,
        ...positionals.flatMap(({ usage, choices = [] }) =>
          choices.map((choice) => `${name}  ${usage}  choice: ${choice}`),
        ),
        ...Object.entries(options).flatMap(([option, spec]) =>
          factsOf(spec).map((fact) => `${name}  --${option}  ${fact}`),
        ),
      ];
    }),
  );
  return commands.flat();
}

function neededOptions(options: Readonly<Record<string, Option<unknown>>>): readonly string[] {
  return Object.entries(options).flatMap(([name, { required, value }]) => (required ? [`--${name} ${value!}`] : []));
}

function factsOf(option: Option<unknown>): readonly string[] {
  const { kind, isList, value, choices = [], otherwise, required, conflicts = {}, requires = {} } = option;
  return [
    `type: ${kind === 'flag' ? 'boolean' : 'string'}${isList === true ? ', may be repeated' : ''}`,
    ...(kind === 'flag' || kind === 'text' ? [] : [`kind: ${kind}`]),
    ...(value === undefined ? [] : [`value: ${value}`]),
    ...choices.map((choice) => `choice: ${choice}`),
    ...(otherwise === undefined ? [] : [`default: ${otherwise}`]),
    ...(required === undefined
      ? []
      : [required.unless === undefined ? 'required' : `required without --${required.unless}`]),
    ...Object.keys(conflicts).map((other) => `not with --${other}`),
    ...Object.keys(requires).map((other) => `only with --${other}`),
  ];
}
