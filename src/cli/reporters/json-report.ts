import { StateBagError, messageOf } from '../../errors/index.js';
import type { OutputStream } from '../io.js';
import { print } from '../io.js';

/** Characters gathered before a write. */
const CHUNK = 64 * 1024;

/**
 * One JSON document written as it comes about: `{"documents":[…],…}` with what is known only in the end behind. Memory
 * does not grow with the number of documents.
 */
export class JsonReport {
  private pending = '';
  private isOpen = false;

  constructor(private readonly stream: OutputStream) {}

  async add(document: unknown): Promise<void> {
    this.pending += `${this.isOpen ? ',' : '{"documents":['}\n${JSON.stringify(document)}`;
    this.isOpen = true;
    if (this.pending.length >= CHUNK) await this.flush();
  }

  /** `members` goes behind the documents. */
  async finish(members: Readonly<Record<string, unknown>>): Promise<void> {
    const start = this.isOpen ? '' : '{"documents":[';
    const rest = Object.entries(members).map(([name, value]) => `,\n${JSON.stringify(name)}:${JSON.stringify(value)}`);
    this.pending += `${start}]${rest.join('')}}\n`;
    await this.flush();
  }

  /** Closes what has been begun, so that a reader still gets JSON; nothing is printed when nothing was begun. */
  async fail(error: unknown, members: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
    if (this.isOpen) await this.finish({ ...members, error: { code, message: messageOf(error) } });
  }

  private async flush(): Promise<void> {
    const text = this.pending;
    this.pending = '';
    await print(this.stream, text);
  }
}
