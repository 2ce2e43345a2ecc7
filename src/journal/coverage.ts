import type { EndEntry, JournalEntry, NotStarted, RunEntry } from './entries.js';
import { isSameAim, readAim } from './entries.js';
import type { Inventory } from '../sources/inventory.js';
import type { Shard } from '../sources/container-choice.js';

/** Something that the runs of a journal were about and have not done. */
export interface Gap {
  /**
   * `stopped`: a run left documents. `killed`: a run did not write its end. `part`: all runs were told to take a part
   * only, as `scopes` says.
   */
  readonly kind: 'stopped' | 'killed' | 'part';
  readonly run: RunEntry;
  /** The sources of the run that no later run has taken completely. */
  readonly sources: readonly string[];
  /** `undefined` when it is not known. */
  readonly notStarted: NotStarted | undefined;
  /** Entries that the run has skipped, and places without a document where one is expected. */
  readonly skippedOrEmpty: number;
  /** What was asked for instead of everything, in the words of the command line. */
  readonly scopes: readonly string[];
}

/** What a run was told to take of its sources. */
interface Scope {
  readonly shard: Shard | undefined;
  readonly where: string;
  /** Patterns of what was left out. */
  readonly ignore: string;
  readonly plan: string | undefined;
  readonly onlyFailed: boolean;
  /** True when a source was a stream, which has other documents each time. */
  readonly isStream: boolean;
  /** True when a source without documents was no mistake. */
  readonly allowEmpty: boolean;
  readonly out: string | undefined;
  /** The form of manifest that was asked for: bags of another form are rewritten, too. */
  readonly form: string | undefined;
}

const EVERYTHING: Scope = {
  shard: undefined,
  where: '',
  ignore: '',
  plan: undefined,
  onlyFailed: false,
  isStream: false,
  allowEmpty: false,
  out: undefined,
  form: undefined,
};

/** A gap that is still open. */
interface OpenGap extends Omit<Gap, 'sources'> {
  /** What a run must have for its scope to close the gap. */
  readonly scope: Scope;
  /** By source, the shards of it that later runs have taken: numbers by count. */
  readonly open: Map<string, Map<number, Set<number>>>;
}

/**
 * Follows the runs of a journal. A gap is closed by a complete run over the same sources with the same scope or without
 * one, and by nothing less: `--only-failed` takes only what was started. A complete rollback closes all; one that was
 * told to take a part closes only what a rollback of the same part has left.
 */
export class Coverage {
  private open: OpenGap[] = [];
  private current: RunEntry | undefined;
  /** Sources that a complete run without a scope has taken. */
  private readonly whole = new Set<string>();

  add(entry: JournalEntry): void {
    if (entry.kind === 'run') {
      this.leave();
      this.current = entry;
    } else if (entry.kind === 'end' && this.current) {
      this.end(this.current, entry);
      this.current = undefined;
    }
  }

  /** What is open when the journal ends here. */
  gaps(): readonly Gap[] {
    this.leave();
    return this.open.map(({ open, scope: _, ...gap }) => ({ ...gap, sources: [...open.keys()] }));
  }

  /** True when a complete run like this, with these totals, would close something. */
  isClosedBy(run: Pick<RunEntry, 'command' | 'sources' | 'options'>, totals: EndEntry['totals']): boolean {
    this.leave();
    if (run.command === 'rollback')
      return this.open.some((gap) => readAim(run) === undefined || isRepeatedBy(run, gap));
    const open = this.open.filter((gap) => !hasReadNothing(run, totals) || isOnlySkipped(gap));
    return open.some((gap) => covers(scopeOf(run), gap) && sourcesOf(run).some((source) => gap.open.has(source)));
  }

  /** A run without an end was killed. */
  private leave(): void {
    const run = this.current;
    if (!run) return;
    this.fill(run, false);
    this.push('killed', run);
    this.current = undefined;
  }

  private end(run: RunEntry, entry: EndEntry): void {
    const { notStarted, totals } = entry;
    const complete = entry.complete && !endedAtLimit(run, entry);
    if (run.command === 'rollback' && complete) {
      this.rolledBack(run, totals.failed === 0);
      return;
    }
    const isBlank = complete && hasReadNothing(run, totals);
    this.fill(run, complete, isBlank);
    if (isBlank) return;
    if (complete) this.complete(run);
    else this.push('stopped', run, notStarted, entry.inventory);
  }

  /** A migration that came to its end. */
  private complete(run: RunEntry): void {
    const scope = scopeOf(run);
    const labels = labelsOf(scope);
    if (scope.onlyFailed) return;
    if (labels.length === 0) for (const source of sourcesOf(run)) this.whole.add(placeOf(run, source));
    else this.pushPart(run, labels);
  }

  /** Documents that could not be restored leave the gaps of the migration open. */
  private rolledBack(run: RunEntry, isClean: boolean): void {
    const isAll = isClean && readAim(run) === undefined;
    this.open = isAll ? [] : this.open.filter((gap) => !isRepeatedBy(run, gap));
    if (isAll) this.whole.clear();
  }

  /** A run that did not come to its end takes the place of an earlier one that it would have made up for. */
  private fill(run: RunEntry, complete: boolean, isBlank = false): void {
    if (run.command === 'rollback') {
      this.open = this.open.filter((gap) => !isRepeatedBy(run, gap));
      return;
    }
    const scope = scopeOf(run);
    this.open = this.open.flatMap((gap) => {
      if (isBlank && !isOnlySkipped(gap)) return [gap];
      if (!covers(scope, gap) || (gap.run.command === 'rollback' && !complete)) return [gap];
      const before = gap.open.size;
      for (const source of sourcesOf(run))
        if (fillSource(gap, source, scope.shard, complete)) this.whole.add(placeOf(run, source));
      if (gap.open.size === 0) return [];
      // How much of what is left is in which source was not counted.
      return [gap.open.size < before ? { ...gap, notStarted: undefined } : gap];
    });
  }

  private push(kind: 'stopped' | 'killed', run: RunEntry, notStarted?: NotStarted, inventory?: Inventory): void {
    // A rollback is about everything, and repeats the options of the run before it.
    const scope = run.command === 'rollback' ? { ...EVERYTHING, out: scopeOf(run).out } : scopeOf(run);
    const open = new Map(sourcesOf(run).map((source) => [source, new Map<number, Set<number>>()]));
    const skippedOrEmpty = inventory ? inventory.skipped + inventory.empty : 0;
    this.open.push({ kind, run, notStarted, skippedOrEmpty, scopes: labelsOf(scope), scope, open });
  }

  private pushPart(run: RunEntry, labels: readonly string[]): void {
    const { shard, where, ignore, plan, out, form } = scopeOf(run);
    const sources = sourcesOf(run).filter((source) => !this.whole.has(placeOf(run, source)));
    const known = this.open.find(
      (gap) =>
        gap.kind === 'part' && sources.length === gap.open.size && sources.every((source) => gap.open.has(source)),
    );
    if (known) this.open[this.open.indexOf(known)] = { ...known, scopes: [...new Set([...known.scopes, ...labels])] };
    if (known || sources.length === 0) return;
    // A shard of everything is a step towards everything; documents chosen otherwise are not.
    const done = (): Map<number, Set<number>> =>
      new Map(
        shard && where === '' && ignore === '' && plan === undefined ? [[shard.count, new Set([shard.index])]] : [],
      );
    const open = new Map(sources.map((source) => [source, done()]));
    this.open.push({
      kind: 'part',
      run,
      notStarted: undefined,
      skippedOrEmpty: 0,
      scopes: labels,
      scope: { ...EVERYTHING, out, form },
      open,
    });
  }
}

/** True for what a rollback has left and a rollback like this takes. */
function isRepeatedBy(run: Pick<RunEntry, 'options'>, gap: OpenGap): boolean {
  const aim = readAim(run);
  return gap.run.command === 'rollback' && (aim === undefined || isSameAim(aim, readAim(gap.run)));
}

/** Release 0.1.0 said "complete" of a run that its limit had ended, and did not count what was left. */
function endedAtLimit({ options }: RunEntry, { notStarted, totals }: EndEntry): boolean {
  const { limit } = options as { limit?: number };
  return notStarted === undefined && limit !== undefined && (totals.documents ?? 0) >= limit;
}

/**
 * True for a run that was allowed to find nothing, and found nothing: its sources may be a disk that is not mounted, so
 * it makes up for nothing but for a run that found the same.
 */
function hasReadNothing(run: Pick<RunEntry, 'options'>, totals: EndEntry['totals']): boolean {
  return scopeOf(run).allowEmpty && (totals.documents ?? 0) === 0;
}

/** True when this was the last shard of all that was in the source. */
function fillSource(gap: OpenGap, source: string, shard: Shard | undefined, complete: boolean): boolean {
  const shards = gap.open.get(source);
  if (!shards) return false;
  const { shard: wanted } = gap.scope;
  if (!shard || (wanted?.index === shard.index && wanted.count === shard.count)) {
    // What a run without an end has left says its own gap; of a part it proves nothing.
    if (complete || gap.kind !== 'part') gap.open.delete(source);
  } else if (complete && !wanted) {
    const done = (shards.get(shard.count) ?? new Set()).add(shard.index);
    shards.set(shard.count, done);
    if (done.size < shard.count) return false;
    gap.open.delete(source);
    return gap.scope.where === '' && gap.scope.ignore === '' && gap.scope.plan === undefined && !gap.scope.onlyFailed;
  }
  return false;
}

/** Whether a run takes every document that a run of the other scope takes, its shard apart. */
function covers(later: Scope, gap: OpenGap): boolean {
  const earlier = gap.scope;
  return (
    (later.ignore === '' || later.ignore === earlier.ignore || isOnlySkipped(gap)) &&
    (!later.onlyFailed || earlier.onlyFailed) &&
    (later.where === '' || later.where === earlier.where) &&
    (later.plan === undefined || later.plan === earlier.plan) &&
    (earlier.form === undefined || later.form === earlier.form) &&
    later.out === earlier.out
  );
}

/** True when the run took everything but what it skipped or what is empty: `--ignore` may be the answer to that. */
function isOnlySkipped({ kind, notStarted: left, skippedOrEmpty }: OpenGap): boolean {
  if (kind !== 'stopped' || left === undefined || left.unlisted) return false;
  return skippedOrEmpty > 0 && left.documents + left.containers + left.unread === 0;
}

/** What a run keeps of its command line that says what it takes. */
interface KeptScope {
  readonly shard?: Shard;
  readonly where?: readonly (readonly string[])[];
  readonly ignore?: readonly string[];
  readonly plan?: string;
  readonly onlyFailed?: boolean;
  readonly isStream?: boolean;
  readonly allowEmpty?: boolean;
  readonly out?: string;
  readonly manifestForm?: string;
  readonly isFormAsked?: boolean;
}

export function scopeOf({ options }: Pick<RunEntry, 'options'>): Scope {
  const {
    shard,
    where = [],
    ignore = [],
    plan,
    onlyFailed = false,
    isStream = false,
    allowEmpty = false,
    out,
    manifestForm,
    isFormAsked = false,
  } = options as KeptScope;
  const conditions = where
    .map((condition) => condition.join('='))
    .sort()
    .join(', ');
  const patterns = [...ignore].sort().join(', ');
  return {
    shard,
    where: conditions,
    ignore: patterns,
    plan,
    onlyFailed,
    isStream,
    allowEmpty,
    out,
    form: isFormAsked ? manifestForm : undefined,
  };
}

function labelsOf({ shard, where, ignore, plan, onlyFailed }: Scope): readonly string[] {
  return [
    ...(shard ? [`shard ${shard.index}/${shard.count}`] : []),
    ...(where === '' ? [] : [`where ${where}`]),
    ...(ignore === '' ? [] : [`ignore ${ignore}`]),
    ...(plan === undefined ? [] : [`plan ${plan}`]),
    ...(onlyFailed ? ['only failed documents'] : []),
  ];
}

/** A run without sources still is about something. */
function sourcesOf({ sources }: Pick<RunEntry, 'sources'>): readonly string[] {
  return sources.length > 0 ? sources : [''];
}

function placeOf(run: RunEntry, source: string): string {
  return JSON.stringify([source, scopeOf(run).out]);
}
