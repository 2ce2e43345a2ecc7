import { MetPlaces, isInShard } from './container-choice.js';
import type { Shard } from './container-choice.js';
import type { IsIgnored } from './container-choice.js';
import type { DocumentSource, Skipped, SourceContainer } from './source.js';

/**
 * What became of the entries of sources: of files, objects, rows and executions, and of directories and links on the
 * way to them. Counts entries, never documents, and each entry once.
 */
export interface Inventory {
  /** Read to their ends, and not empty. */
  readonly read: number;
  /** Not read because of their names or kinds. */
  readonly skipped: number;
  /** Reading or listing them failed. */
  readonly unreadable: number;
  /** Without a document where one is expected. */
  readonly empty: number;
  /** Left out because a pattern of the caller matches them. Absent without patterns. */
  readonly ignored?: number;
}

/** An entry of which nothing can be said. */
export interface Unseen {
  readonly kind: Exclude<keyof Inventory, 'read' | 'ignored'>;
  readonly id: string;
  readonly code: string;
  readonly reason: string;
}

const NO_ENTRIES: Inventory = { read: 0, skipped: 0, unreadable: 0, empty: 0 };

export interface InventoryOptions {
  readonly stop?: AbortSignal | undefined;
  readonly shard?: Shard | undefined;
  /** Entries that are left out. They are counted, and nothing else is said of them. */
  readonly isIgnored?: IsIgnored | undefined;
  /** Called for each entry of which nothing can be said. */
  readonly onUnseen?: (unseen: Unseen) => void | Promise<void>;
  /** What is only read may be read under two names, but not twice under one. Default false. */
  readonly takesAliases?: boolean;
}

/**
 * Lists sources and keeps count of their entries. A place that several sources have is listed with the first of them.
 *
 * @example
 * const inventory = new InventoryCount(sources);
 * for await (const { id } of inventory.list(sources[0])) inventory.noteRead(id, 1);
 * inventory.counts; // { read: 1, skipped: 0, unreadable: 0, empty: 0 }
 */
export class InventoryCount {
  readonly #counts: { -readonly [K in Unseen['kind'] | 'read']: Inventory[K] } = { ...NO_ENTRIES };
  #ignored = 0;
  readonly #options: InventoryOptions;
  readonly #places: MetPlaces;

  constructor(sources: readonly DocumentSource[], options: InventoryOptions = {}) {
    this.#options = options;
    this.#places = new MetPlaces(sources);
  }

  /** Units: entries. */
  get counts(): Inventory {
    return { ...this.#counts, ...(this.#options.isIgnored && { ignored: this.#ignored }) };
  }

  /**
   * The containers of a source that no other source has listed. What the source passes over is noted at the end of its
   * listing. Throws what the source throws. `onMet` is called for a container that was listed before.
   */
  async *list(source: DocumentSource, onMet?: () => void): AsyncIterable<SourceContainer> {
    const { stop, shard, takesAliases } = this.#options;
    const skipped: Skipped[] = [];
    const isNew = (id: string): boolean => this.#places.isNew(takesAliases === true ? {} : source, id);
    try {
      for await (const container of source.containers(stop, (one) => skipped.push(one)))
        // A place that has another name, too, is not left out under that.
        if (this.#ignores(container.id)) continue;
        else if (isNew(container.id)) yield container;
        else onMet?.();
    } finally {
      for (const one of skipped)
        if (!this.#ignores(one.id) && isNew(one.id) && isInShard(one.id, shard)) await this.#note('skipped', one);
    }
  }

  #ignores(id: string): boolean {
    const isIgnored = this.#options.isIgnored?.(id) === true;
    if (isIgnored && isInShard(id, this.#options.shard)) this.#ignored++;
    return isIgnored;
  }

  /** A container that was read to its end. `documents`: how many were in it; `undefined` where none need be. */
  async noteRead(id: string, documents: number | undefined): Promise<void> {
    if (documents === 0) await this.#note('empty', { id, ...EMPTY_CONTAINER });
    else this.#counts.read++;
  }

  noteUnreadable(entry: Omit<Unseen, 'kind'>): Promise<void> {
    return this.#note('unreadable', entry);
  }

  noteEmptySource(id: string): Promise<void> {
    return this.#note('empty', { id, ...EMPTY_SOURCE });
  }

  async #note(kind: Unseen['kind'], { id, code, reason }: Omit<Unseen, 'kind'>): Promise<void> {
    this.#counts[kind]++;
    await this.#options.onUnseen?.({ kind, id, code, reason });
  }
}

/** The inventory of a run whose parts were taken by several processes. */
export function addInventories(parts: readonly Inventory[]): Inventory {
  return parts.reduce<Inventory>(
    (sum, part) => ({
      read: sum.read + part.read,
      skipped: sum.skipped + part.skipped,
      unreadable: sum.unreadable + part.unreadable,
      empty: sum.empty + part.empty,
      ...(part.ignored !== undefined && { ignored: (sum.ignored ?? 0) + part.ignored }),
    }),
    NO_ENTRIES,
  );
}

const EMPTY_SOURCE = {
  code: 'SOURCE_EMPTY',
  reason:
    'not one document is there, as after an export that broke off or with a mistyped name; check it, or add --allow-empty',
};

const EMPTY_CONTAINER = {
  code: 'FILE_EMPTY',
  reason: 'no document is in it, as after an export that broke off; check it, or add --allow-empty',
};
