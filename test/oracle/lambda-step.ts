import { pathToFileURL } from 'node:url';
import type { Build } from './builds.js';
import { entryFile } from './builds.js';

/** A call of one of the functions that migrate a fleet. */
export interface LambdaStep {
  readonly lambda: 's3-batch' | 'map-item';
  readonly env: Readonly<Record<string, string>>;
  readonly event: unknown;
}

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

/** What a function answers, or the name and message of its error; `log` is what it prints. */
export async function runLambda(
  { name, root }: Build,
  { lambda, env, event }: LambdaStep,
): Promise<{ readonly answer: string; readonly log: string }> {
  const path = entryFile(root, `./lambda/${lambda}`);
  const functions = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Readonly<
    Record<string, () => Handler>
  >;
  const create = functions[lambda === 's3-batch' ? 'createS3BatchHandler' : 'createMapHandler'];
  if (create === undefined) throw new Error(`${path} makes no handler`);
  const before = { ...process.env };
  const [write, log] = [process.stdout.write.bind(process.stdout), [] as string[]];
  // A variable that a build does not know is an error: those of the oracle, and for release 0.1.0 one that came later.
  process.env = Object.fromEntries(Object.entries(before).filter(([variable]) => !variable.startsWith('STATEBAG_')));
  Object.assign(process.env, env);
  if (name === 'old') delete process.env.STATEBAG_ALLOW_PREFIXES;
  process.stdout.write = (text: unknown) => log.push(String(text)) > 0;
  try {
    const answer = await create()(structuredClone(event), { getRemainingTimeInMillis: () => 600_000 });
    return { answer: JSON.stringify(answer), log: log.join('') };
  } catch (error) {
    const { name, message } = error as Error;
    return { answer: JSON.stringify({ error: name, message }), log: log.join('') };
  } finally {
    process.stdout.write = write;
    process.env = before;
  }
}
