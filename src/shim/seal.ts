import { Bag, detectField, detectPath, digestInPointer, holdsDigest, isEmpty } from '../bag/bag.js';
import type { BagDocument, Field, Generation } from '../bag/bag.js';
import { nameOneOwner } from '../bag/envelope.js';
import { listLostMembers } from '../bag/lost-members.js';
import { CONFIG, CONFIG_PATH, MANIFEST_PATH, MAP, MAP_PATH } from '../bag/members.js';
import { assertUnmixed } from '../bag/search.js';
import type { Value } from '../bag/value.js';
import type { StateBagError } from '../errors/index.js';
import { sha256Hex } from '../store/address.js';
import { valueAt } from './adapt.js';
import type { AdaptedEvent } from './adapt.js';
import { fitResult } from './budget.js';
import type { FittedResult } from './budget.js';
import { attempt, changeIfWritable, listPointers, readDocument, readWhole, reread } from './context.js';
import type { InvocationContext, ShimState } from './form.js';
import { isSameTarget, planRewrite, rewriteBag } from './rewrite.js';
import { withoutAddedProgram } from './segment.js';
import { returnPointers } from './stored-members.js';

/** A result as it goes back, and what became of it. */
export interface SealedResult<V extends Value = Value> extends FittedResult<V> {
  readonly generation: Generation;
  readonly repaired: boolean;
}

/**
 * A result with its bags in the new form, without what the shim added to the event, within the budget. What is no bag
 * stays what it is. Throws `POINTER_MIXED` before anything is written; `PAYLOAD_TOO_LARGE`; what the store said, when
 * only an answer of the store would make the result fit; and the errors that stop an execution.
 */
export async function sealResult<V extends Value>(
  result: V,
  before: AdaptedEvent<V> | undefined,
  context: InvocationContext<V>,
): Promise<SealedResult<V>> {
  const { form, settings } = context.state;
  // No state machine of ours waits for the answer to an event without a bag.
  const isForeign = before !== undefined && before.handed === undefined;
  const answer = withoutReplacedPaths(returnPointers(result, before?.restored ?? [], form), before, context.state);
  const whole = readWhole(answer, context.state);
  const bare = reread(whole, withoutAddedProgram(whole, before?.added, form), context.state);
  if (answer.kind() !== 'object') {
    const { root } = bare;
    assertUnmixed(listPointers(root, form), []);
    return { ...(isForeign ? pass(root) : await fitResult(root, () => [], undefined, context)), ...FOREIGN };
  }
  const unwrapped = unwrapResult(bare, context.state);
  const plain = unwrapped.root;
  if (context.outside().length === 0 && form.isPlainlyLean(plain)) {
    if (settings.maxResultBytes === undefined) assertUnmixed(listPointers(plain, form), []);
    const fitted = await fitResult(plain, () => readBags(plain, context), undefined, context);
    return { ...fitted, generation: 'lean', repaired: false };
  }
  const { envelopes } = context.state;
  const document = envelopes.limit(unwrapped);
  assertUnmixed(listPointers(plain, form), document.bags);
  if (isForeign && document.generation === 'foreign') return { ...pass(plain), ...FOREIGN };
  document.assertOneOwner(...context.outside());
  const restored = envelopes.limit(reread(document, restorePrograms(document, before, context), context.state));
  const { root, bytesSaved, repaired, error } = await rewriteUntilFit(restored, before, context);
  const fitted = await fitResult(root, () => readBags(root, context), error, context);
  return {
    ...fitted,
    generation: document.generation,
    repaired: repaired || restored !== document,
    bytesSaved: bytesSaved + fitted.bytesSaved,
  };
}

const FOREIGN = { generation: 'foreign', repaired: false } as const;

function pass<V extends Value>(root: V): FittedResult<V> {
  return { root, offloaded: [], bytesSaved: 0 };
}

function readBags<V extends Value>(root: V, { state }: InvocationContext<V>): readonly Bag<V>[] {
  return readDocument(root, state).bags;
}

/** The bags with what leads to their program put back from the event's bag. */
function restorePrograms<V extends Value>(
  { root, bags }: BagDocument<V>,
  before: AdaptedEvent<V> | undefined,
  { state }: InvocationContext<V>,
): V {
  if (before?.kept === undefined) return root;
  const { kept } = before;
  const edit = state.form.edit(root);
  for (const bag of bags.filter((each) => !isComplete(each) && !hasOwnConfig(each.value, before, state))) {
    for (const name of listLostMembers(bag.value, kept, state.addresses)) edit.put(bag, name, kept.member(name)!);
  }
  return edit.result();
}

/** Nothing is missing from a stamped bag with all three paths, if that of the manifest is a content address. */
function isComplete({ isStamped, configPath, mapPath, manifestPath }: Bag): boolean {
  return isStamped && configPath.state === 'pointer' && mapPath.state === 'pointer' && holdsDigest(manifestPath);
}

interface Change<V extends Value> {
  readonly root: V;
  readonly bytesSaved: number;
  readonly repaired: boolean;
  /** Why a bag is left in its old form. */
  readonly error: StateBagError | undefined;
}

/** A bag that was left in its old form, now or on the way in, is tried once more when it makes the result too large. */
async function rewriteUntilFit<V extends Value>(
  document: BagDocument<V>,
  before: AdaptedEvent<V> | undefined,
  context: InvocationContext<V>,
): Promise<Change<V>> {
  const untried: Change<V> = { root: document.root, bytesSaved: 0, repaired: false, error: before?.error };
  const change = before?.error ? untried : await rewriteBags(document, before?.handed, context);
  if (change.error === undefined || !isOver(change.root, context)) return change;
  return rewriteBags(document, before?.handed, context, true);
}

function isOver<V extends Value>(root: V, { state: { form, settings } }: InvocationContext<V>): boolean {
  return settings.maxResultBytes !== undefined && form.measure(root).bytes > settings.maxResultBytes;
}

async function rewriteBags<V extends Value>(
  document: BagDocument<V>,
  handed: V | undefined,
  context: InvocationContext<V>,
  isNeeded = false,
): Promise<Change<V>> {
  const { root } = document;
  const edit = context.state.form.edit(root);
  let change: Change<V> = { root, bytesSaved: 0, repaired: false, error: undefined };
  for (const bag of document.answerBags().toReversed()) {
    const rewriteIn = async (within: InvocationContext<V>) => {
      const planned = await planRewrite(bag, within, handed);
      await rewriteBag(bag, planned, edit, within);
      return planned;
    };
    const { value: rewrite, error } = await attempt(context, rewriteIn, isNeeded);
    change = {
      ...change,
      bytesSaved: change.bytesSaved + (rewrite?.bytesSaved ?? 0),
      repaired: change.repaired || rewrite?.manifest !== undefined,
      error: change.error ?? error,
    };
  }
  return { ...change, root: edit.result() };
}

/**
 * A result in which `state_data` inside `state_data` (`bag` inside `bag`) is one again. Two layers that both wrapped
 * leave an outer one with nothing else in it: it goes. A merge that nests the return value of a step inside the bag
 * leaves two whole bags, the outer complete, the inner newer: they become one, in which the inner one's members win.
 * Anything else that nests stays as it is, and so does a level inside a JSON string.
 */
function unwrapResult<V extends Value>(document: BagDocument<V>, state: ShimState<V>): BagDocument<V> {
  const { root } = document;
  const path = document.envelope?.bag.path ?? [];
  const name = path.at(-1);
  const outerPath = path.slice(0, -1);
  const outerName = outerPath.at(-1);
  if (name === undefined || outerName !== name) return document;
  const outer = valueAt(root, outerPath);
  const [bag] = document.bags;
  if (bag === undefined || outer?.member(name)?.kind() !== 'object') return document;
  const edit = state.form.edit(root);
  changeIfWritable(() => {
    if (isMergedInto(document.bags, bag, outerPath)) {
      const place = { path: outerPath, value: outer };
      edit.draft(place).remove(name);
      for (const member of bag.value.names()) edit.put(place, member, bag.value.member(member)!);
    } else if (outer.names().length === 1) {
      const aroundPath = outerPath.slice(0, -1);
      edit.put({ path: aroundPath, value: valueAt(root, aroundPath)! }, outerName, bag.value);
    }
  });
  const unwrapped = edit.result();
  return unwrapped === root ? document : unwrapResult(reread(document, unwrapped, state), state);
}

/** True when the level around a bag is an earlier bag of the same workflow, into which a merge put it. */
function isMergedInto(bags: readonly Bag[], bag: Bag, outerPath: readonly string[]): boolean {
  if (bag.path.at(-1) !== 'state_data') return false;
  const outer = bags.find((other) => other.path.join('\n') === outerPath.join('\n'));
  return outer !== undefined && nameOneOwner(outer.value, bag.value);
}

/**
 * A result without paths to the event's program where its handler put another config and no map, wherever in the
 * result that is. Such a config is the program, and the paths that the shim put next to it would win over it.
 */
function withoutReplacedPaths<V extends Value>(root: V, before: AdaptedEvent<V> | undefined, state: ShimState<V>): V {
  if (before?.kept === undefined) return root;
  const edit = state.form.edit(root);
  for (const place of state.form.search(root, CONFIG)) {
    if (!hasOwnConfig(place.value, before, state)) continue;
    const stale = [MANIFEST_PATH, MAP_PATH].filter((name) => {
      const path = place.value.member(name)?.text();
      return path !== undefined && path === before.kept?.member(name)?.text();
    });
    changeIfWritable(() => {
      for (const name of stale) edit.draft(place).remove(name);
    });
  }
  return edit.result();
}

/**
 * True for a level whose program is a config that the event did not have. With a map, or a path to one, the map is the
 * program. A handler takes it away by null, or by leaving out a map that it got.
 */
function hasOwnConfig<V extends Value>(level: V, before: AdaptedEvent<V>, state: ShimState<V>): boolean {
  const { config, map, mapPath } = new Bag(level, { addresses: state.addresses });
  if (isEmpty(config) || !isEmpty(map)) return false;
  const isTakenAway = map.state === 'empty' || !isEmpty(detectField(before.handed?.member(MAP)));
  return (isTakenAway || isEmpty(mapPath)) && !isConfigOfEvent(config, before, state);
}

/** The handler may have changed its own copy in place, so a config that was filled in is compared with stored text. */
function isConfigOfEvent<V extends Value>(
  config: Field<V>,
  { handed, kept, filledConfig }: AdaptedEvent<V>,
  { form, addresses }: ShimState<V>,
): boolean {
  const path = detectPath(kept?.member(CONFIG_PATH), addresses);
  const given = detectField(handed?.member(CONFIG), addresses);
  if (config.state === 'pointer') return [path, given].some((field) => isSameTarget(config, field));
  if (config.state !== 'inline') return false;
  if (path.state === 'pointer' && digestInPointer(path.pointer) === sha256Hex(config.value.bytes())) return true;
  if (filledConfig !== undefined) return form.isSame(config.value, form.parse(filledConfig));
  return given.state === 'inline' && (config.value.is(given.value) || form.isSame(config.value, given.value));
}
