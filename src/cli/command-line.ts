/** The command line that was given, quoted for a shell. */
export function formatCommandLine(given: readonly string[]): string {
  return ['statebag', ...given].map(quote).join(' ');
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
