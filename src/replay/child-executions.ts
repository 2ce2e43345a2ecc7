import { basename } from 'node:path';
import { EXECUTIONS_SCHEME } from '../sources/open.js';
import type { StartedChild } from './history.js';

/** An execution that was started, and where. */
export interface Child extends StartedChild {
  /** Id of the history that has the start. */
  readonly parent: string;
}

/** Histories that were read, and what they started. */
export class ChildExecutions {
  readonly #children: Child[] = [];
  /** Ids of histories that were read, and whose they are, once that is known: `''` until then. */
  readonly #read = new Map<string, string>();
  readonly #sources: readonly string[];

  /** `sources`: ids of all sources of the replay. */
  constructor(sources: readonly string[]) {
    this.#sources = sources;
  }

  noteRead(id: string, children: readonly StartedChild[]): void {
    this.#read.set(id, '');
    this.#children.push(...children.map((child) => ({ ...child, parent: id })));
  }

  /** To be asked once, when everything was read. */
  listUnread(): readonly Child[] {
    return this.#children.filter(({ arn, parent }) => arn === undefined || !this.#isRead(arn, parent));
  }

  /** A file has the name of the execution. It is not the parent's own, and stands for one execution only. */
  #isRead(arn: string, parent: string): boolean {
    if (isMapRun(arn)) return this.#sources.includes(EXECUTIONS_SCHEME + arn);
    if (this.#read.has(arn)) return true;
    const [kind, name] = [arn.split(':')[5], arn.split(':').at(-1)!];
    // The last part of the ARN of an Express execution is not its name.
    if (kind !== 'execution') return false;
    const isIts = ([id, owner]: readonly [string, string]) =>
      id !== parent && (owner === '' || owner === arn) && nameInFile(id) === name;
    const [file] = Array.from(this.#read).find(isIts) ?? [];
    if (file !== undefined) this.#read.set(file, arn);
    return file !== undefined;
  }
}

/** A map run has many executions, so that one history is never all of it. */
export function isMapRun(arn: string): boolean {
  return arn.split(':')[5] === 'mapRun';
}

/** The name of an execution, as exported files have it. */
function nameInFile(id: string): string {
  return basename(id).replace(/\.json(?:\.gz)?$/i, '');
}
