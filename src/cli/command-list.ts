import type { AnyCommand } from './command.js';

export interface ListedCommand {
  readonly name: string;
  readonly describe: string;
  readonly load: () => Promise<{ readonly command: AnyCommand }>;
}

/** Every command. Only the one that runs is loaded, so that asking for help costs no more than a glance. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'inspect',
    describe: 'take a census of documents: what they are, what a migration would save',
    load: () => import('./commands/inspect.js'),
  },
  {
    name: 'migrate',
    describe: 'rewrite state bags, offloading the inline program; a dry run unless --apply',
    load: () => import('./commands/migrate.js'),
  },
  {
    name: 'verify',
    describe: 'read every migrated document again and hold it against the journal',
    load: () => import('./commands/verify.js'),
  },
  {
    name: 'rollback',
    describe: 'put the original bytes back; a dry run unless --apply',
    load: () => import('./commands/rollback.js'),
  },
  { name: 'status', describe: 'say where a journal stands', load: () => import('./commands/status.js') },
  {
    name: 'report',
    describe: 'tell a journal in full: runs, outcomes by code, savings',
    load: () => import('./commands/report.js'),
  },
  {
    name: 'journal',
    describe: 'check every line of a journal and name the damaged ones',
    load: () => import('./commands/journal.js'),
  },
  {
    name: 'can-contract',
    describe: 'say whether the shim may go, and otherwise for what it must stay',
    load: () => import('./commands/can-contract.js'),
  },
  {
    name: 'gc',
    describe: 'delete blobs that nothing points to any more; a dry run unless --apply',
    load: () => import('./commands/gc.js'),
  },
  {
    name: 'segment',
    describe: 'print the segment_config that an event asks for',
    load: () => import('./commands/segment.js'),
  },
  {
    name: 'hydrate',
    describe: 'print a document with its pointers filled in again',
    load: () => import('./commands/hydrate.js'),
  },
  { name: 'adapt', describe: 'print an event as a wrapped runner gets it', load: () => import('./commands/adapt.js') },
  { name: 'seal', describe: "print a runner's result as it is to go back", load: () => import('./commands/seal.js') },
  {
    name: 'runtime-proxy',
    describe: 'stand between Lambda and a runtime that is not Node',
    load: () => import('./commands/runtime-proxy.js'),
  },
  {
    name: 'validate',
    describe: 'hold documents against their JSON Schema',
    load: () => import('./commands/validate.js'),
  },
  {
    name: 'asl',
    describe: 'find and rewrite states of a state machine that hand a program on',
    load: () => import('./commands/asl.js'),
  },
  {
    name: 'schema',
    describe: 'say whether a change of a schema breaks stored documents or readers',
    load: () => import('./commands/schema.js'),
  },
  {
    name: 'fleet',
    describe: 'plan, prepare and collect a migration on S3 Batch Operations or a Distributed Map',
    load: () => import('./commands/fleet.js'),
  },
  {
    name: 'completion',
    describe: 'print a script that completes commands and options in a shell',
    load: () => import('./commands/completion.js'),
  },
];
