import type { FindingWriter, WriterContext } from './finding-writer.js';
import type { Format } from './format-names.js';

type MakeWriter = (context: WriterContext) => FindingWriter;

const LOADERS: Readonly<Record<Format, () => Promise<MakeWriter>>> = {
  pretty: async () => (await import('./writers/pretty.js')).prettyWriter,
  json: async () => (await import('./writers/json.js')).jsonWriter,
  github: async () => (await import('./writers/github.js')).githubWriter,
  sarif: async () => (await import('./writers/sarif.js')).sarifWriter,
  junit: async () => (await import('./writers/junit.js')).junitWriter,
};

/** A report that comes about document by document. Only its own format is loaded. */
export async function loadWriter(format: Format, context: WriterContext): Promise<FindingWriter> {
  return (await LOADERS[format]())(context);
}
