import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of the heap that count. */
export interface HeapSizes {
  /** Set aside for young objects. */
  readonly young: number;
  /** Taken by old objects, dead ones among them. */
  readonly old: number;
}

/** What can be done about them. */
export interface Heap {
  sizes(): HeapSizes;
  /** Lets the young generation have what it has, and no more. */
  holdYoung(): void;
  /** A full collection, of some 10 ms for each 10 MB that is alive. */
  collect(): void;
}

/** The dozen documents in hand live and die in so much. */
const YOUNG_BYTES = 8 * 1024 * 1024;

/** Old objects may become more by so much, or by an eighth, before the dead ones are looked for. */
const OLD_BYTES = 1024 * 1024;
const OLD_SHARE = 0.125;

/**
 * Keeps a long run at the memory of a short one. V8 gives a process that allocates steadily ever more memory, up to
 * fifty megabytes, to collect less often; a run over a hundred thousand documents has no more alive than one over fifty.
 */
export class HeapKeeper {
  private alive: number;
  private isHeld = false;

  constructor(private readonly heap: Heap) {
    this.alive = heap.sizes().old;
  }

  look(): void {
    const { young, old } = this.heap.sizes();
    if (!this.isHeld && young >= YOUNG_BYTES) {
      this.isHeld = true;
      this.heap.holdYoung();
    }
    if (old < this.alive + Math.max(OLD_BYTES, this.alive * OLD_SHARE)) return;
    this.heap.collect();
    this.alive = this.heap.sizes().old;
  }
}

const MS_BETWEEN_LOOKS = 50;

/** A flag of V8, and the releases that were seen to have it: of one that it does not know V8 complains on standard error. */
interface Flag {
  readonly flag: string;
  readonly releases: readonly number[];
}

/** Young objects get no more room than they have. */
const HOLD_YOUNG: Flag = { flag: '--semi-space-growth-factor=1', releases: [11, 12, 13] };

/**
 * Bytes of bytecode that a function has run before V8 optimises it: some fifteen times as many as usual. The time goes
 * by in WebAssembly and in hashes; optimising 900 small functions costs seconds of processor time, and ten megabytes.
 */
const OPTIMISE_LATE: Flag = { flag: '--interrupt-budget=2000000', releases: [11] };

const V8_RELEASE = Number.parseInt(process.versions.v8, 10);

function setFlag({ flag, releases }: Flag): void {
  if (releases.includes(V8_RELEASE)) setFlagsFromString(flag);
}

/** Looks after the heap of this process to its end, without keeping it alive. */
export function keepHeap(): void {
  let keeper: HeapKeeper | undefined;
  const look = () => {
    keeper ??= new HeapKeeper(openHeap());
    keeper.look();
  };
  setInterval(look, MS_BETWEEN_LOOKS).unref();
}

function openHeap(): Heap {
  setFlagsFromString('--expose-gc');
  setFlag(OPTIMISE_LATE);
  const collect = runInNewContext('gc') as () => void;
  return { sizes: heapSizes, holdYoung: () => { setFlag(HOLD_YOUNG); }, collect: () => { collect(); } };
}

function heapSizes(): HeapSizes {
  const spaces = new Map(getHeapSpaceStatistics().map((space) => [space.space_name, space]));
  return { young: spaces.get('new_space')?.space_size ?? 0, old: spaces.get('old_space')?.space_used_size ?? 0 };
}
