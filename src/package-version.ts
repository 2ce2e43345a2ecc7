import { createRequire } from 'node:module';

/** Of the package. Read through its own name, because sources and build lie at different depths below it. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('statebag-shim/package.json') as { readonly version: string };
  return version;
}

/** Name and version, as journals and plans state their writer. */
export function toolName(): string {
  return `statebag-shim ${packageVersion()}`;
}
