import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Global setup of the suites that run files of `dist`: builds them when a source has changed since the last build. */
export default function buildIfStale(): void {
  const script = fileURLToPath(new URL('../.ci/build/build.mjs', import.meta.url));
  execFileSync(process.execPath, [script, '--if-stale'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
