/** The command line that was given, quoted for a shell, with further options in front of `--`, which ends them. */
export function formatCommandLine(given: readonly string[], ...options: readonly string[]): string {
  const end = given.indexOf('--');
  const words = end < 0 ? [...given, ...options] : [...given.slice(0, end), ...options, ...given.slice(end)];
  return ['statebag', ...words].map(quote).join(' ');
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
