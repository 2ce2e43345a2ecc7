import { StateBagError, messageOf } from '../../errors/index.js';
import type { CheckedDocument, RuleDescription } from '../../findings/checked-document.js';
import type { Format } from '../../findings/format-names.js';
import type { Conclusion, FindingWriter, UnseenEntry } from '../../findings/finding-writer.js';
import { loadWriter } from '../../findings/load-writer.js';
import type { CliIo, OutputStream } from '../io.js';
import { print } from '../io.js';

/** Characters gathered before a write. */
const CHUNK = 64 * 1024;

/** Tells on standard output what was found, as it is found. */
export interface FindingReporter {
  add(document: CheckedDocument): Promise<void>;
  addEntry(entry: UnseenEntry): Promise<void>;
  finish(conclusion?: Conclusion): Promise<void>;
  /** The work broke off with an error that is told elsewhere; what was begun is brought to an end. */
  fail(error: unknown): Promise<void>;
}

export interface FindingSettings {
  readonly check: string;
  readonly format: Format;
  readonly colour: boolean;
  /** Asked for when the format has room for them, which describes every code besides. */
  readonly rules: () => Promise<readonly RuleDescription[]>;
}

/** Loads what the format needs and no more. */
export async function openFindingReporter(
  { stdout }: CliIo,
  { check, format, colour, rules }: FindingSettings,
): Promise<FindingReporter> {
  const context =
    format === 'sarif'
      ? {
          check,
          rules: [...(await rules()), ...(await codeRules())],
          version: (await import('../../journal/entries.js')).packageVersion(),
        }
      : { check, rules: [], version: '' };
  const paint = format === 'pretty' && colour ? { paint: await (await import('./format.js')).paintFor(true) } : {};
  return new StreamedFindings(stdout, await loadWriter(format, { ...context, ...paint }));
}

/** A finding that is about a code has the code as its rule. */
async function codeRules(): Promise<readonly RuleDescription[]> {
  const { EXPLAINED, explain } = await import('../../explanations/index.js');
  return EXPLAINED.map((id) => {
    const { title, advice } = explain(id)!;
    return { id, description: title, help: advice };
  });
}

class StreamedFindings implements FindingReporter {
  private pending: string;

  constructor(
    private readonly stream: OutputStream,
    private readonly writer: FindingWriter,
  ) {
    this.pending = writer.head();
  }

  add(document: CheckedDocument): Promise<void> {
    return this.write(this.writer.document(document));
  }

  addEntry(entry: UnseenEntry): Promise<void> {
    return this.write(this.writer.entry(entry));
  }

  async finish(conclusion?: Conclusion): Promise<void> {
    this.pending += this.writer.tail(undefined, conclusion);
    await this.flush();
  }

  async fail(error: unknown): Promise<void> {
    const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
    this.pending += this.writer.tail({ code, message: messageOf(error) });
    await this.flush();
  }

  private async write(text: string): Promise<void> {
    this.pending += text;
    if (this.pending.length >= CHUNK) await this.flush();
  }

  private async flush(): Promise<void> {
    const text = this.pending;
    this.pending = '';
    if (text !== '') await print(this.stream, text);
  }
}
