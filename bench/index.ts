import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { verdictOf } from './figure.js';
import type { Figure } from './figure.js';
import { renderFigures } from './render.js';
import { BENCHES } from './suite.js';

const HELP = `Measures what the targets in docs/performance.md are about: ratios, side by side in one run.

  npm run bench -- [options]

  --only NAME   one bench (may be given several times): ${BENCHES.map(({ name }) => name).join(', ')}
  --quick       small inputs and few rounds: rough figures
  --json        the figures as one JSON document on standard output
  --check       exit with 1 when a target is missed
`;

interface Wanted {
  readonly only: readonly string[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly check: boolean;
}

async function bench({ only, quick, json, check }: Wanted): Promise<number> {
  const unknown = only.find((name) => !BENCHES.some((one) => one.name === name));
  if (unknown !== undefined) return complain(`there is no bench "${unknown}"`);
  const figures: Figure[] = [];
  for (const one of BENCHES) {
    if (only.length > 0 && !only.includes(one.name)) continue;
    process.stderr.write(`bench: ${one.name} …\n`);
    figures.push(...(await one.run(quick)));
  }
  process.stdout.write(json ? jsonText(figures) : `${machine()}\n${renderFigures(figures)}`);
  return check && figures.some((figure) => verdictOf(figure) === 'missed') ? 1 : 0;
}

function jsonText(figures: readonly Figure[]): string {
  const judged = figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) ?? null }));
  return `${JSON.stringify({ machine: machine(), figures: judged }, undefined, 2)}\n`;
}

/** Figures of a busy machine say less: its load stands above them. */
function machine(): string {
  const cores = cpus();
  const load = loadavg()[0]!.toFixed(1);
  return `Node ${process.versions.node}, ${cores.length} cores of ${cores[0]?.model.trim() ?? 'an unknown make'}, load ${load}`;
}

function complain(message: string): number {
  process.stderr.write(`bench: ${message}\n${HELP}`);
  return 2;
}

function parseWanted(): Wanted | 'help' | undefined {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values.help ? 'help' : values;
  } catch (error) {
    complain((error as Error).message);
    return undefined;
  }
}

const wanted = parseWanted();
if (wanted === 'help') process.stdout.write(HELP);
else process.exitCode = wanted === undefined ? 2 : await bench(wanted);
