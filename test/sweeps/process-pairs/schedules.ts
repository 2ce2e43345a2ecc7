import { deriveSeed, seededRandom } from '../../../examples/fleet/random.js';
import type { Random } from '../../../examples/fleet/random.js';

/** A command line that changes documents or reads them while another one does. */
export interface Command {
  readonly kind: 'lean' | 'bridge' | 'rollback' | 'out' | 'plan' | 'gc';
  /** Form of what it writes. */
  readonly target: 'lean' | 'bridge';
  /** Directory of its journal. Absent where it has none. */
  readonly journal?: string;
  /** Directory of the copies, or file of the plan. */
  readonly place?: string;
  readonly args: readonly string[];
}

/** When a command is ended. */
export interface Kill {
  readonly victim: 0 | 1;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** What is waited for before `delayMs`: its start, an entry in its journal, or an unfinished file. */
  readonly after: 'start' | 'journal' | 'unfinished file';
  readonly delayMs: number;
}

/** What processes that are dead have left. */
export type Leftover = 'document lock' | 'claimed document lock' | 'journal lock' | 'unfinished file';

/** Two commands, how they meet, and where. */
export interface Schedule {
  readonly number: number;
  /** Names of the containers. */
  readonly containers: readonly string[];
  /** What an earlier run with the journal `earlier` has made of the documents. */
  readonly earlier: 'lean' | 'bridge' | undefined;
  readonly commands: readonly [Command, Command];
  readonly startsMs: readonly [number, number];
  readonly kill: Kill | undefined;
  readonly leftovers: readonly Leftover[];
}

const SEED = 20_260_301;

const SUBJECTS = [
  ['a.json', 'b.json'],
  ['lines.ndjson'],
  ['a.json', 'lines.ndjson'],
  ['a.json', 'b.json', 'lines.ndjson'],
] as const;

/** The schedule of this number, the same on every machine. What the processes do with it depends on the machine. */
export function makeSchedule(number: number): Schedule {
  const random = seededRandom(deriveSeed(SEED, number));
  const earlier = random.pick([undefined, undefined, 'bridge', 'bridge', 'lean'] as const);
  return {
    number,
    containers: random.pick(SUBJECTS),
    earlier,
    commands: pickCommands(random, earlier !== undefined),
    startsMs: pickStarts(random),
    kill: random.fraction() < 0.6 ? pickKill(random) : undefined,
    leftovers: random.fraction() < 0.4 ? pickLeftovers(random) : [],
  };
}

function pickStarts(random: Random): readonly [number, number] {
  const later = random.fraction() < 0.4 ? 0 : random.below(120);
  return random.fraction() < 0.5 ? [0, later] : [later, 0];
}

function pickKill(random: Random): Kill {
  const after = random.pick(['start', 'journal', 'unfinished file'] as const);
  return {
    victim: random.pick([0, 1] as const),
    signal: random.fraction() < 0.7 ? 'SIGKILL' : 'SIGTERM',
    after,
    delayMs: random.below({ start: 400, journal: 40, 'unfinished file': 5 }[after]),
  };
}

function pickLeftovers(random: Random): readonly Leftover[] {
  const all = ['document lock', 'claimed document lock', 'journal lock', 'unfinished file'] as const;
  const picked = all.filter(() => random.fraction() < 0.4);
  return picked.length > 0 ? picked : [random.pick(all)];
}

/** Migrations in place are the most frequent: they are what can be lost. */
function pickCommands(random: Random, isMigrated: boolean): readonly [Command, Command] {
  const kinds = ['lean', 'lean', 'bridge', 'bridge', 'out', 'plan', 'gc'] as const;
  const more = isMigrated ? (['rollback', 'rollback', 'rollback'] as const) : [];
  const isShared = random.fraction() < 0.35;
  const pick = (journal: string): Command => {
    const kind = random.pick([...kinds, ...more]);
    const target = random.pick(['lean', 'bridge'] as const);
    const suffix = isShared ? 'both' : journal;
    const concurrency = random.pick([1, 8]);
    return makeCommand({ kind, target, journal: suffix, isMigrated, concurrency });
  };
  return [pick('first'), pick('second')];
}

interface Wish {
  readonly kind: Command['kind'];
  readonly target: 'lean' | 'bridge';
  readonly journal: string;
  readonly isMigrated: boolean;
  readonly concurrency: number;
}

function makeCommand({ kind, target, journal, isMigrated, concurrency }: Wish): Command {
  const over = ['bags', '--store', 'store'];
  const end = ['--json', '--quiet', '--concurrency', `${concurrency}`];
  const migrate = (to: 'lean' | 'bridge', name: string) => ['migrate', ...over, '--to', to, '--journal', name];
  switch (kind) {
    case 'lean':
    case 'bridge':
      return { kind, target: kind, journal, args: [...migrate(kind, journal), '--apply', ...end] };
    case 'rollback':
      return { kind, target, journal: 'earlier', args: ['rollback', '--journal', 'earlier', '--apply', ...end] };
    case 'out': {
      const [name, place] = [`copies-${journal}`, `out-${journal}`];
      const args = [...migrate(target, name), '--out', place, '--apply', ...end];
      return { kind, target, journal: name, place, args };
    }
    case 'plan':
      return {
        kind,
        target,
        place: `plan-${journal}`,
        args: [...migrate(target, 'no-journal'), '--plan-out', `plan-${journal}`, ...end],
      };
    case 'gc':
      return {
        kind,
        target,
        args: ['gc', ...over, ...(isMigrated ? ['--journal', 'earlier'] : ['--no-journal']), ...end],
      };
  }
}

/** A schedule in one line, for a failure that names it. */
export function describeSchedule({ number, containers, earlier, commands, ...rest }: Schedule): string {
  const lines = commands.map(({ args }, at) => `+${rest.startsMs[at]} ms statebag ${args.join(' ')}`);
  const { kill, leftovers } = rest;
  const ending = kill && `${kill.signal} to ${kill.victim} ${kill.delayMs} ms after ${kill.after}`;
  const before = `${containers.join(', ')}, ${earlier ?? 'new'}${leftovers.map((name) => `, ${name}`).join('')}`;
  return [`schedule ${number}: ${before}`, ...lines, ...(ending === undefined ? [] : [ending])].join('; ');
}
