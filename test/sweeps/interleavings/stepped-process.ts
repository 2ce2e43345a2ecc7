import { AsyncLocalStorage } from 'node:async_hooks';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

/** A call that changes or looks at what processes share: the disk, the object store, the table. */
export interface Step {
  /** Name of the call: `open`, `rename`, `write`, `put`, … */
  readonly kind: string;
  /** Absolute path, or URI. Of a rename or link the new name. */
  readonly path: string;
}

interface WaitingCall {
  readonly step: Step;
  readonly go: () => void;
}

/** What a process ended with. */
export type Ending = { readonly value: unknown } | { readonly error: unknown };

/** Linux gives out no number beyond 4,194,304, so the real processes of this machine have others. */
export const FIRST_PID = 5_000_001;

const current = new AsyncLocalStorage<SteppedProcess>();

/** The process whose code is running; `undefined` in the code of a test. */
export function currentProcess(): SteppedProcess | undefined {
  return current.getStore();
}

/**
 * A process that waits before each of its steps until it is let go. It is a part of this process: `calls.ts` replaces
 * the functions of Node, and finds by the asynchronous context whose call it is. It has a number of its own, by which
 * other stepped processes see whether it is alive, and a clock that only its own pauses move.
 */
export class SteppedProcess {
  /** Steps taken so far. */
  readonly steps: Step[] = [];
  /** Milliseconds that the clock of this process is ahead. */
  clockMs = 0;
  ending: Ending | undefined;
  /** Open files. A killed process closes them. */
  readonly handles = new Set<FileHandle>();
  private isDead = false;
  private readonly waiting: WaitingCall[] = [];
  private wake: (() => void) | undefined;
  private effectDone: (() => void) | undefined;
  private hasStarted = false;

  constructor(
    readonly name: string,
    readonly pid: number,
    private readonly world: { readonly directory: string; readonly processes: readonly SteppedProcess[] },
    private readonly work: () => Promise<unknown>,
    /** Called right after a step that succeeded, before anything else happens. */
    private readonly onStep: (step: Step, process: SteppedProcess) => void = () => undefined,
  ) {}

  get isAlive(): boolean {
    return !this.isDead && this.ending === undefined;
  }

  /** Whether a number is that of a living process of the same world. */
  knowsAlive(pid: number): boolean {
    return this.world.processes.some((process) => process.pid === pid && process.isAlive);
  }

  /** True for paths of which calls are steps. */
  watches(path: string): boolean {
    return path.startsWith(this.world.directory);
  }

  /** Carries out a call as a step: first it waits until it is let go. */
  async step<T>(step: Step, call: () => T | Promise<T>): Promise<T> {
    await new Promise<void>((go) => {
      this.waiting.push({ step, go });
      this.wake?.();
    });
    this.steps.push(step);
    try {
      const result = await call();
      this.onStep(step, this);
      return result;
    } finally {
      this.effectDone?.();
    }
  }

  /** The step that the process waits for. `undefined` once it has ended. */
  async next(): Promise<Step | undefined> {
    this.start();
    if (this.waiting.length === 0 && this.isAlive) await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = undefined;
    // Calls made at the same time come in the same turn; their order is that of the code.
    await turn();
    return this.waiting[0]?.step;
  }

  /** Lets one step happen, and waits until its effect is there. */
  async take(): Promise<void> {
    const call = this.waiting.shift();
    if (!call) throw new Error(`${this.name} has no step to take`);
    const done = new Promise<void>((resolve) => (this.effectDone = resolve));
    call.go();
    await done;
    await turn();
  }

  /** From now on nothing of it happens. It is killed between two steps, never within one. */
  async kill(): Promise<void> {
    this.isDead = true;
    this.waiting.length = 0;
    await Promise.allSettled(Array.from(this.handles, (handle) => handle.close()));
  }

  private start(): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    const end = (ending: Ending) => {
      this.ending = ending;
      this.wake?.();
    };
    void current.run(this, this.work).then(
      (value) => {
        end({ value });
      },
      (error: unknown) => {
        end({ error });
      },
    );
  }
}
