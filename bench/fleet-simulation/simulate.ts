import { demandOf, serviceMs } from '../../src/fleet/estimate.js';
import type { EngineName, FleetShape, Rates } from '../../src/fleet/estimate.js';
import { seededRandom } from '../../examples/fleet/random.js';
import { EventQueue } from './event-queue.js';

/** What a simulated run took. */
export interface SimulatedRun {
  readonly seconds: number;
  /** Share of the time in which each kind of resource was busy, 0 to 1. */
  readonly busy: Readonly<Record<string, number>>;
}

/** So many at a time, the others wait in line. */
class Servers {
  private free: number;
  private readonly line: (() => void)[] = [];
  /** Milliseconds that servers were busy, all together. */
  used = 0;

  constructor(
    private readonly queue: EventQueue,
    readonly count: number,
  ) {
    this.free = count;
  }

  serve(now: number, ms: number, done: (now: number) => void): void {
    if (this.free === 0) {
      this.line.push(() => {
        this.begin(this.clock, ms, done);
      });
      return;
    }
    this.begin(now, ms, done);
  }

  private clock = 0;

  private begin(now: number, ms: number, done: (now: number) => void): void {
    this.free--;
    this.used += ms;
    this.queue.plan(now + ms, (then) => {
      this.free++;
      this.clock = then;
      this.line.shift()?.();
      done(then);
    });
  }
}

/** Takes so many a second, evenly; who comes too early waits. */
class Limiter {
  private next = 0;
  taken = 0;

  constructor(
    private readonly queue: EventQueue,
    readonly perSecond: number,
  ) {}

  pass(now: number, units: number, done: (now: number) => void): void {
    const at = Math.max(now, this.next);
    this.next = at + (units * 1_000) / this.perSecond;
    this.taken += units;
    this.queue.plan(at, done);
  }
}

/** How a request's time scatters around its mean: many are quicker, a few take several times as long. */
const SIGMA = 0.4;

/** Milliseconds of requests that take `mean` on average. */
export function scattered(mean: number, random: ReturnType<typeof seededRandom>): () => number {
  return () => mean * Math.exp(SIGMA * normal(() => random.below(1 << 24) / (1 << 24)) - (SIGMA * SIGMA) / 2);
}

/** Plays every document of a fleet through its requests and its computing, one event behind the other. */
export function simulate(shape: FleetShape, engine: EngineName, rates: Rates, seed = 1): SimulatedRun {
  const queue = new EventQueue();
  const random = seededRandom(seed);
  const latency = scattered(rates.requestMs, random);
  const limits = {
    puts: new Limiter(queue, rates.putsPerPrefix * rates.prefixes),
    gets: new Limiter(queue, rates.getsPerPrefix * rates.prefixes),
    writes: new Limiter(queue, rates.writeUnits),
    starts: new Limiter(queue, startsPerSecond(engine, rates)),
  };
  const hosts = Array.from(
    { length: engine === 'cli' ? 1 : rates.lambdaConcurrency },
    () => new Servers(queue, engine === 'cli' ? rates.cliWorkers : 1),
  );
  const inHand = engine === 'cli' ? rates.cliWorkers * rates.cliConcurrency : engine === 'map' ? rates.mapInHand : 1;
  const demand = demandOf(shape, engine);
  const { cpu } = serviceMs(shape, engine, rates);
  let begun = 0;

  /** A place takes documents until there are none; a batch of a Map waits for its start like a task does. */
  const place = (host: Servers, now: number, left: number): void => {
    if (begun >= shape.documents) return;
    begun++;
    const start = (then: number): void => {
      host.serve(then, cpu, (done) => {
        requests(host, done, left);
      });
    };
    if (left > 0) start(now);
    else limits.starts.pass(now, 1, start);
  };
  const requests = (host: Servers, now: number, left: number): void => {
    const rest = left > 0 ? left - 1 : batchOf(engine, rates) - 1;
    const steps: Limiter[] = [
      ...repeat(whole(demand.gets, random), limits.gets),
      ...repeat(whole(demand.puts, random), limits.puts),
    ];
    const next = (then: number): void => {
      const step = steps.shift();
      if (step)
        step.pass(then, 1, (passed) => {
          queue.plan(passed + latency(), next);
        });
      else if (demand.writeUnits > 0)
        limits.writes.pass(then, demand.writeUnits, (passed) => {
          queue.plan(passed + latency(), (done) => {
            place(host, done, rest);
          });
        });
      else place(host, then, rest);
    };
    next(now);
  };

  for (const host of hosts) for (let at = 0; at < inHand; at++) place(host, 0, 0);
  const ms = queue.runAll();
  const share = ({ taken, perSecond }: Limiter) => taken / perSecond / (ms / 1_000);
  const computing = hosts.reduce((sum, { used, count }) => sum + used / count, 0) / hosts.length / ms;
  return {
    seconds: ms / 1_000,
    busy: {
      'S3 writes per prefix': share(limits.puts),
      'S3 reads per prefix': share(limits.gets),
      'write units of the table': share(limits.writes),
      starts: share(limits.starts),
      processors: computing,
    },
  };
}

function startsPerSecond(engine: EngineName, { batchTasksPerSecond, mapStartsPerSecond, mapInHand }: Rates): number {
  if (engine === 'cli') return 1e9;
  // Each place of a sandbox begins its own part of a batch.
  return engine === 's3-batch' ? batchTasksPerSecond : mapStartsPerSecond * mapInHand;
}

/** Documents that a place works off behind one start. */
function batchOf(engine: EngineName, { mapBatch, mapInHand }: Rates): number {
  return engine === 'map' ? Math.max(1, Math.round(mapBatch / mapInHand)) : 1;
}

/** A whole number that is `mean` on average. */
function whole(mean: number, random: { below(bound: number): number }): number {
  const floor = Math.floor(mean);
  return floor + (random.below(1 << 20) / (1 << 20) < mean - floor ? 1 : 0);
}

function repeat<T>(times: number, value: T): readonly T[] {
  return Array.from({ length: times }, () => value);
}

/** Standard normal, by Box and Muller. */
function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
