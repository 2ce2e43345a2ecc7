import { ConfigError } from '../errors/index.js';

/**
 * What the first word of a command like `asl` or `fleet` asks for. Throws `ConfigError` `USAGE`, which names all there
 * is.
 */
export function chooseAction<T>(command: string, name: string, actions: Readonly<Record<string, T>>): T {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return action;
  throw new ConfigError(
    'USAGE',
    `"${name}" is no action; there are ${Object.keys(actions).join(', ')}; see \`statebag ${command} --help\``,
  );
}
