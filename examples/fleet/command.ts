import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, messageOf, StateBagError } from '../../src/errors/classes.js';
import { makeFleet } from './fleet.js';
import type { FleetOptions } from './fleet.js';
import { SIZE_NAMES } from './sizes.js';
import { isOneLine, STYLES } from './spelling.js';
import { USUAL_MIX, VARIANT_NAMES } from './variants/index.js';
import { NDJSON_FILE, writeFleet } from './write-fleet.js';

const HELP = `Makes example state bags in the shapes the legacy engine left behind.

  node dist/examples/fleet/cli.js --out DIR [options]

  --out DIR        where to write: DIR/bags/*.json or DIR/${NDJSON_FILE}, and DIR/store/<bucket>/<key> for what they point to
  --bags N         how many bags (default 12)
  --workflows K    over how many workflows (default 3)
  --size SIZE      ${SIZE_NAMES.join(', ')} (default headline: 371 KiB each)
  --mix            all eras and dialects in turn, instead of fat bags only
  --variant NAME   one of: ${VARIANT_NAMES.join(', ')}
  --style STYLE    ${STYLES.join(', ')} (default compact)
  --form FORM      files or ndjson (default files)
  --seed S         the same seed makes the same bags (default 1)
  --bucket NAME    bucket the bags point into (default local)
  --help           this text
`;

interface Plan {
  readonly out: string;
  readonly form: 'files' | 'ndjson';
  readonly fleet: FleetOptions;
}

/** Where the command speaks: `process`, or a test's stand-in. */
interface Terminal {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * Makes and writes a fleet as the arguments say. Exit code: 0 done, 2 wrong arguments or a place that cannot be
 * written, 70 a defect.
 */
export function fleetCommand(args: readonly string[], terminal: Terminal): number {
  try {
    const plan = parsePlan(args);
    terminal.stdout.write(plan === 'help' ? HELP : run(plan));
    return 0;
  } catch (error) {
    const isUsage = error instanceof StateBagError;
    terminal.stderr.write(`fleet: ${messageOf(error)}${isUsage ? '\nTry --help.' : ''}\n`);
    return isUsage || isSystemError(error) ? 2 : 70;
  }
}

/** What the file system says, in its own words: `EACCES: permission denied, …`. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function run({ out, form, fleet }: Plan): string {
  const target = form === 'files' ? join(out, 'bags') : join(out, NDJSON_FILE);
  if (isTaken(target))
    throw new ConfigError('OUT_NOT_EMPTY', `${target} is there already; remove it or choose another --out.`);
  const written = writeFleet(form === 'files' ? target : out, makeFleet(fleet), { form, storeDir: join(out, 'store') });
  const objects = written.objects === 0 ? '' : ` and ${written.objects} objects they point to in ${join(out, 'store')}`;
  return `${written.documents} bags of ${Math.min(fleet.workflows, fleet.bags)} workflows, ${(written.bytes / 1e6).toFixed(1)} MB, in ${target}${objects}\n`;
}

function isTaken(target: string): boolean {
  return existsSync(target) && (target.endsWith(NDJSON_FILE) || readdirSync(target).length > 0);
}

function parsePlan(args: readonly string[]): Plan | 'help' {
  const values = parseOptions(args);
  if (values.help) return 'help';
  if (values.out === undefined) throw new ConfigError('OUT_MISSING', '--out DIR is needed.');
  if (values.mix && values.variant !== undefined)
    throw new ConfigError('USAGE', '--mix and --variant exclude each other.');
  const fleet: FleetOptions = {
    seed: wholeNumber('--seed', values.seed, 0),
    bags: wholeNumber('--bags', values.bags, 0),
    workflows: wholeNumber('--workflows', values.workflows, 1),
    size: oneOf('--size', values.size, SIZE_NAMES),
    style: oneOf('--style', values.style, STYLES),
    bucket: bucketName(values.bucket),
    variant: oneOf('--variant', values.variant ?? 'pre', VARIANT_NAMES),
    ...(values.mix ? { mix: USUAL_MIX } : {}),
  };
  const form = oneOf('--form', values.form, ['files', 'ndjson']);
  if (form === 'ndjson' && !isOneLine(fleet.style))
    throw new ConfigError('USAGE', `--style ${values.style} does not fit on lines.`);
  return { out: values.out, form, fleet };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        out: { type: 'string' },
        bags: { type: 'string', default: '12' },
        workflows: { type: 'string', default: '3' },
        size: { type: 'string', default: 'headline' },
        mix: { type: 'boolean', default: false },
        variant: { type: 'string' },
        style: { type: 'string', default: 'compact' },
        form: { type: 'string', default: 'files' },
        seed: { type: 'string', default: '1' },
        bucket: { type: 'string', default: 'local' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new ConfigError('USAGE', messageOf(error), { cause: error });
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigError('USAGE', `${name} wants a whole number of at least ${least}, not "${text}".`);
}

/** The characters S3 allows; among other things they keep the name inside the store's folder. */
function bucketName(text: string): string {
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text)) return text;
  throw new ConfigError('USAGE', `--bucket "${text}" is no bucket name.`);
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw new ConfigError('USAGE', `${name} is one of ${choices.join(', ')}, not "${text}".`);
}
