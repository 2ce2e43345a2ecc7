import type { RunPorts } from '../../run/context.js';
import type { CliIo, OutputStream } from '../io.js';

/** What is known of the work before it begins: bytes, or `undefined` when it cannot be known. */
type ExpectedBytes = number | undefined;

/** A moving picture of a run. */
interface Progress {
  /** One more document of so many bytes. */
  tick(bytes: number): void;
  stop(): void;
}

const SILENT: Progress = { tick: () => undefined, stop: () => undefined };

const WITH_TOTAL = '{bar} {percentage}% | {documents} documents | {rate}/s | ETA {eta_formatted}';
const WITHOUT_TOTAL = '{documents} documents | {rate}/s';

/** Runs with a bar on a terminal, which is gone when the run has ended. */
export async function withProgress<O extends { readonly bytesBefore: number }, R>(
  io: CliIo,
  isWanted: boolean,
  ports: RunPorts<O>,
  run: (ports: RunPorts<O>) => Promise<R>,
): Promise<R> {
  let progress = SILENT;
  try {
    return await run({
      ...ports,
      context: io,
      onBegin: async (measure) => {
        progress = await startProgress(io.stderr, isWanted, measure);
      },
      onOutcome: async (outcome) => {
        progress.tick(outcome.bytesBefore);
        await ports.onOutcome?.(outcome);
      },
    });
  } finally {
    progress.stop();
  }
}

/** A bar on a terminal, nothing anywhere else. The bar's library is loaded only for the bar. */
async function startProgress(
  stream: OutputStream,
  isWanted: boolean,
  measure: () => Promise<ExpectedBytes>,
): Promise<Progress> {
  if (!isWanted || stream.isTTY !== true) return SILENT;
  const [{ SingleBar, Presets }, total] = await Promise.all([
    import('cli-progress').then((module) => module.default),
    measure(),
  ]);
  const format = total === undefined ? WITHOUT_TOTAL : WITH_TOTAL;
  const bar = new SingleBar(
    { format, stream, hideCursor: true, clearOnComplete: true, etaBuffer: 200, gracefulExit: false },
    Presets.shades_classic,
  );
  return progressOn(bar, total ?? 0);
}

interface Bar {
  start(total: number, value: number, payload: object): void;
  increment(step: number, payload: object): void;
  stop(): void;
}

function progressOn(bar: Bar, total: number): Progress {
  const begun = performance.now();
  let documents = 0;
  bar.start(total, 0, { documents, rate: '-' });
  return {
    tick: (bytes) => {
      documents++;
      const seconds = (performance.now() - begun) / 1000;
      bar.increment(bytes, { documents, rate: seconds > 0.5 ? (documents / seconds).toFixed(0) : '-' });
    },
    stop: () => {
      bar.stop();
    },
  };
}
