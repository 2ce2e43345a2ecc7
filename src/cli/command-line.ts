/**
 * The command line that was given, quoted for a shell, with further options in front of `--`, which ends them.
 * `--apply` replaces `--dry-run`.
 */
export function formatCommandLine(given: readonly string[], ...options: readonly string[]): string {
  const end = given.includes('--') ? given.indexOf('--') : given.length;
  const kept = given.slice(0, end).filter((word) => !options.includes('--apply') || word !== '--dry-run');
  const words = [...kept, ...options, ...given.slice(end)];
  return ['statebag', ...words].map(quote).join(' ');
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
