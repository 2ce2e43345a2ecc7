/** Every command, in the order of the overview. */
export const COMMAND_NAMES = [
  'inspect',
  'migrate',
  'verify',
  'rollback',
  'status',
  'report',
  'journal',
  'can-contract',
  'gc',
  'segment',
  'hydrate',
  'adapt',
  'seal',
  'runtime-proxy',
  'validate',
  'asl',
  'schema',
  'fleet',
  'completion',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];
