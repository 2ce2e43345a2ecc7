import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet } from '../examples/fleet/fleet.js';
import { createBlobStore } from '../src/store/blob-store.js';
import { fsObjectStore } from '../src/store/fs.js';
import { WireShim } from '../src/shim/wire-shim.js';
import type { Figure } from './figure.js';
import { InvocationLoop } from './invocation-loop.js';
import { median } from './median.js';
import { BARE_PROXY, RUNTIME_PROXY, inScratch } from './places.js';

export interface ProxyResult {
  /** Milliseconds of an invocation through each proxy. */
  readonly lean: Pair;
  readonly fat: Pair;
  readonly leanBytes: number;
  readonly fatBytes: number;
  /** Milliseconds in which Node and Python parse the fat event. */
  readonly nodeParse: number;
  readonly pythonParse: number | undefined;
}

interface Pair {
  readonly bare: number;
  readonly statebag: number;
}

/** What the proxy adds to a pass-through proxy, side by side in one run. */
export function benchProxy(rounds: number): Promise<ProxyResult> {
  return inScratch(async (directory) => {
    const [document] = [...makeFleet({ seed: 5, bags: 1, workflows: 1, size: 'headline' })];
    const fat = document!.bytes;
    const lean = await leanOf(fat, directory);
    const [bare, statebag] = [
      await startProxy([BARE_PROXY], {}),
      await startProxy(
        [...AS_THE_WRAPPER, RUNTIME_PROXY, process.execPath, '-e', TELL_ADDRESS],
        environment(directory),
      ),
    ];
    try {
      const times = await interleaved(bare.loop, statebag.loop, fat, lean, rounds);
      return {
        ...times,
        leanBytes: lean.length,
        fatBytes: fat.length,
        nodeParse: nodeParse(fat, rounds),
        pythonParse: pythonParse(fat, directory),
      };
    } finally {
      for (const proxy of [bare, statebag]) stopProxy(proxy);
    }
  });
}

/** The options of V8 with which the wrapper script starts the proxy. */
const AS_THE_WRAPPER = ['--initial-old-space-size=96'];

/** The runtime says where it was told to find its service, and leaves the rest to the bench. */
const TELL_ADDRESS =
  'console.log(process.env.AWS_LAMBDA_RUNTIME_API); setInterval(() => {}, 60_000); process.on("SIGTERM", () => process.exit(0))';

function environment(directory: string): Readonly<Record<string, string>> {
  return { STATEBAG_MODE: 'rewrite', STATEBAG_STORE: join(directory, 'store') };
}

async function leanOf(fat: Uint8Array, directory: string): Promise<Uint8Array> {
  const store = createBlobStore({ objects: fsObjectStore({ root: join(directory, 'store') }), bucket: 'local' });
  return new WireShim({ store, mode: 'rewrite', segment: false }).seal(fat);
}

interface Proxy {
  readonly child: ChildProcess;
  readonly loop: InvocationLoop;
}

async function startProxy(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Proxy> {
  const loop = new InvocationLoop();
  const address = await loop.start();
  const child = spawn(process.execPath, args, {
    env: { ...env, PATH: process.env.PATH, AWS_LAMBDA_RUNTIME_API: address },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve));
  loop.connect(told.trim());
  return { child, loop };
}

function stopProxy({ child, loop }: Proxy): void {
  child.kill('SIGTERM');
  loop.stop();
}

async function interleaved(
  bare: InvocationLoop,
  statebag: InvocationLoop,
  fat: Uint8Array,
  lean: Uint8Array,
  rounds: number,
): Promise<Pick<ProxyResult, 'lean' | 'fat'>> {
  const times = { bareLean: [] as number[], lean: [] as number[], bareFat: [] as number[], fat: [] as number[] };
  const warmUp = Math.max(20, rounds >> 2);
  for (let round = -warmUp; round < rounds; round++) {
    const taken = {
      bareLean: await bare.invoke(lean, lean),
      lean: await statebag.invoke(lean, lean),
      bareFat: await bare.invoke(fat, lean),
      fat: await statebag.invoke(fat, lean),
    };
    if (taken.fat.event.length > fat.length / 2) throw new Error('the fat event was not made lean');
    if (round >= 0)
      for (const name of ['bareLean', 'lean', 'bareFat', 'fat'] as const) times[name].push(taken[name].ms);
  }
  return {
    lean: { bare: median(times.bareLean), statebag: median(times.lean) },
    fat: { bare: median(times.bareFat), statebag: median(times.fat) },
  };
}

function nodeParse(bytes: Uint8Array, rounds: number): number {
  return median(
    Array.from({ length: rounds }, () => {
      const start = performance.now();
      JSON.parse(Buffer.from(bytes).toString());
      return performance.now() - start;
    }),
  );
}

const PYTHON = `
import json, sys, time
text = open(sys.argv[1], "rb").read()
times = []
for _ in range(60):
    start = time.perf_counter(); json.loads(text); times.append(time.perf_counter() - start)
print(sorted(times)[len(times) // 2] * 1000)
`;

/** `undefined` where there is no Python. */
function pythonParse(bytes: Uint8Array, directory: string): number | undefined {
  const file = join(directory, 'fat.json');
  writeFileSync(file, bytes);
  const { status, stdout } = spawnSync('python3', ['-c', PYTHON, file], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

export function proxyFigures({
  lean,
  fat,
  leanBytes,
  fatBytes,
  nodeParse: node,
  pythonParse: python,
}: ProxyResult): readonly Figure[] {
  const kb = (bytes: number) => `${(bytes / 1000).toFixed(0)} KB`;
  const told = ({ bare, statebag }: Pair) => `${statebag.toFixed(2)} ms against ${bare.toFixed(2)} ms`;
  const added = Math.max(0, fat.statebag - fat.bare);
  const parse = `Node parses it in ${node.toFixed(2)} ms, Python in ${python?.toFixed(2) ?? '?'} ms`;
  return [
    {
      bench: 'proxy',
      what: 'added for a lean bag',
      value: lean.statebag - lean.bare,
      unit: 'ms',
      target: { atMost: 1 },
      remark: `${kb(leanBytes)}, ${told(lean)}`,
    },
    {
      bench: 'proxy',
      what: 'added for a known fat bag',
      value: fat.statebag - fat.bare,
      unit: 'ms',
      remark: `${kb(fatBytes)}, ${told(fat)}`,
    },
    {
      bench: 'proxy',
      what: 'the same over parsing it',
      value: added / (python ?? node),
      unit: 'x',
      target: { atMost: 0.25 },
      remark: parse,
    },
  ];
}
