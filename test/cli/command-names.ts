/** Every command, in the order of the overview. */
export const COMMAND_NAMES = [
  'inspect',
  'migrate',
  'verify',
  'rollback',
  'status',
  'report',
  'journal check',
  'can-contract',
  'replay',
  'gc',
  'segment',
  'hydrate',
  'adapt',
  'seal',
  'runtime-proxy',
  'validate',
  'asl check',
  'asl patch',
  'schema diff',
  'fleet plan',
  'fleet manifest',
  'fleet collect',
  'completion',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];
