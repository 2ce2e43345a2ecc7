import { COMMANDS } from './sources.js';

/** What each command takes: positional arguments, actions, options. */
export async function optionLines(): Promise<readonly string[]> {
  const commands = await Promise.all(
    COMMANDS.map(async ({ name, load }) => {
      const { usage, positionals, builder } = (await load()).command;
      const most = positionals.max === Infinity ? 'any number' : String(positionals.max);
      return [
        `${name}  usage: ${usage}`,
        `${name}  positional arguments: ${positionals.min} to ${most}`,
        ...actions(usage).map((action) => `${name}  action: ${action}`),
        ...Object.entries(builder).flatMap(([option, spec]) =>
          option_(spec).map((fact) => `${name}  --${option}  ${fact}`),
        ),
      ];
    }),
  );
  return commands.flat();
}

interface Spec {
  readonly type: string;
  readonly multiple?: boolean;
  readonly value?: string;
  readonly describe: string;
}

/** `check|patch FILE…` takes an action in lower case as its first argument. */
function actions(usage: string): readonly string[] {
  return /^[a-z|]+(?= )/.exec(usage)?.[0].split('|') ?? [];
}

/** An option's table has no member for choices and defaults: they are the part of its text that has a fixed form. */
function option_({ type, multiple, value, describe }: Spec): readonly string[] {
  const listed = /^([a-z]+(?:, [a-z]+)+) \(/.exec(describe)?.[1]?.split(', ');
  const alternatives = value !== undefined && /^[a-z]+(\|[a-z]+)+$/.test(value) ? value.split('|') : listed;
  const preset = /\(default:? ([^)]*)\)/.exec(describe)?.[1] ?? /^(\w+) \(the default\)/.exec(describe)?.[1];
  return [
    `type: ${type}${multiple === true ? ', may be repeated' : ''}`,
    ...(value === undefined ? [] : [`value: ${value}`]),
    ...(alternatives ?? []).map((choice) => `choice: ${choice}`),
    ...(preset === undefined ? [] : [`default: ${preset}`]),
  ];
}
