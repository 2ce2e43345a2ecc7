/** What `asl check` can find. */
export type AslRule =
  | 'asl/passes-program'
  | 'asl/selects-program'
  | 'asl/reinlines-program'
  | 'asl/reads-program'
  | 'asl/literal-program'
  | 'asl/whole-bag'
  | 'asl/branch-program'
  | 'asl/initialiser'
  | 'asl/needs-manifest'
  | 'asl/unread-expression';

export const ASL_RULES: readonly { readonly id: AslRule; readonly description: string }[] = [
  {
    id: 'asl/passes-program',
    description: 'A payload for a task, a branch or an item of a Map carries workflow_config or partition_map.',
  },
  { id: 'asl/selects-program', description: 'A ResultSelector keeps workflow_config or partition_map of a result.' },
  {
    id: 'asl/reinlines-program',
    description: 'A state puts workflow_config or partition_map back into the data or the variables of the machine.',
  },
  {
    id: 'asl/reads-program',
    description: 'A path or a condition reads workflow_config or partition_map, which a lean bag does not have.',
  },
  {
    id: 'asl/literal-program',
    description: 'The definition itself holds a workflow_config or partition_map written out.',
  },
  { id: 'asl/whole-bag', description: 'A Map or Parallel state copies the whole bag for every item or branch.' },
  {
    id: 'asl/branch-program',
    description: "A branch's own partition_map is handed on; it is the only copy of that program and stays.",
  },
  {
    id: 'asl/initialiser',
    description: 'The initialiser reads the config an execution is started with; that is where it is needed.',
  },
  {
    id: 'asl/needs-manifest',
    description: 'A Map goes over segment_manifest, so every bag needs that list.',
  },
  {
    id: 'asl/unread-expression',
    description: 'An expression cannot be read, so that a program in it would not be found.',
  },
];
