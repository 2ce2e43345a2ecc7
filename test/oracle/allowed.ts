import { createHash } from 'node:crypto';
import type { Aspect, Difference, Item } from './compare.js';
import { parseTree } from './json-tree.js';
import type { JsonTree } from './json-tree.js';
import { stepOf } from './facts.js';
import type { Facts } from './facts.js';

/*
 * Every way in which the new build may differ from release 0.1.0. A rule is as narrow as the decision that wants it: it
 * names the aspect, the place and the kind of change. A rule that no input needs any more fails the run, so that this
 * list does not rot. See docs/internals/oracle.md.
 */

export interface Rule {
  readonly id: string;
  /** The fault or decision that wants the difference, as CHANGELOG.md has it. */
  readonly why: string;
  /** Allowed only in an input in which one of these rules allowed something: a difference that follows from it. */
  readonly after?: readonly string[];
  readonly allows: (difference: Difference, facts: Facts) => boolean;
}

interface Pattern {
  readonly aspect?: readonly Aspect[];
  readonly kind?: RegExp;
  readonly name?: RegExp;
  readonly path?: RegExp;
  readonly change?: readonly Difference['change'][];
  readonly old?: RegExp;
  readonly new?: RegExp;
  /** First words of the command line of the step. */
  readonly command?: RegExp;
  readonly when?: (difference: Difference, facts: Facts) => boolean;
}

function rule(id: string, why: string, ...patterns: readonly Pattern[]): Rule {
  return { id, why, allows: (difference, facts) => patterns.some((pattern) => fits(pattern, difference, facts)) };
}

/** What follows from another allowed difference in the same input. */
function following(after: readonly string[], id: string, why: string, ...patterns: readonly Pattern[]): Rule {
  return { ...rule(id, why, ...patterns), after };
}

function fits(pattern: Pattern, difference: Difference, facts: Facts): boolean {
  const command = (facts.steps[stepOf(difference.name)] ?? []).join(' ');
  return (
    (pattern.aspect?.includes(difference.aspect) ?? true) &&
    (pattern.kind?.test(facts.kind) ?? true) &&
    (pattern.name?.test(difference.name) ?? true) &&
    (pattern.path?.test(difference.path) ?? true) &&
    (pattern.change?.includes(difference.change) ?? true) &&
    (pattern.old?.test(difference.old ?? '') ?? true) &&
    (pattern.new?.test(difference.new ?? '') ?? true) &&
    (pattern.command?.test(command) ?? true) &&
    (pattern.when?.(difference, facts) ?? true)
  );
}

const REPORTS: readonly Aspect[] = ['stdout', 'stderr', 'exit', 'journal', 'plan'];
const VALUES: readonly Aspect[] = ['document', 'row', 'event', 'answer', 'stdout'];

/**
 * A code that the new build answers with where the old one went on. Nothing may be written then that the old build did
 * not write, and no byte of what both wrote may differ.
 */
function refusal(code: string, why: string): Rule {
  const isRefused = (difference: Difference, facts: Facts) => facts.newCodes(difference).has(code);
  return rule(
    `refused-${code}`,
    why,
    { aspect: ['document', 'blob', 'row', 'metadata'], change: ['removed'], when: isRefused },
    { aspect: REPORTS, when: (difference, facts) => isRefused(difference, facts) && !isPrinted(difference, facts) },
    { aspect: ['stdout'], new: /^$/, when: isRefused },
    { aspect: ['event', 'answer', 'diagnostic'], change: ['removed'], when: isRefused },
    { aspect: ['error', 'diagnostic'], change: ['added', 'changed'], when: isRefused },
    { aspect: ['answer'], path: /./, kind: /^(validate|functions)/, when: isRefused },
  );
}

/** The opposite: the old build stopped with this code, and the new one goes on. Nothing that both have may differ. */
function accepted(code: string, why: string, also: NonNullable<Pattern['when']> = () => true): Rule {
  const isAccepted = (difference: Difference, facts: Facts) =>
    facts.oldCodes(difference).has(code) && also(difference, facts);
  return rule(
    `accepted-${code}`,
    why,
    { aspect: ['document', 'blob', 'row', 'metadata', 'event', 'answer'], change: ['added'], when: isAccepted },
    { aspect: REPORTS, when: (difference, facts) => isAccepted(difference, facts) && !isPrinted(difference, facts) },
    { aspect: ['stdout'], old: /^$/, when: isAccepted },
    // Another error in its place is not an answer.
    { aspect: ['error'], change: ['removed'], when: isAccepted },
    { aspect: ['diagnostic'], when: isAccepted },
  );
}

/** Whether standard output of the step is a document, whose bytes count. */
function isPrinted({ aspect, name }: Difference, { steps }: Facts): boolean {
  return aspect === 'stdout' && /^(adapt|seal|hydrate|segment)$/.test(steps[stepOf(name)]?.[0] ?? '');
}

/** A path whose key holds a digest. */
const ADDRESSED = /s3:\/\/[^"]+\/[0-9a-f]{64}\/(config|partition_map|segment_manifest)\.json/;

function isAddressed({ name, new: text = '' }: Difference): boolean {
  const digest = /([0-9a-f]{64})\/segment_manifest\.json$/.exec(name)?.[1];
  return digest === createHash('sha256').update(text).digest('hex');
}

/** Members of one object in another order, because one of them is new or went elsewhere. */
function isOrderWithout(...names: readonly string[]): (difference: Difference) => boolean {
  return ({ old = '', new: next = '' }) => {
    const left = (order: string) =>
      order
        .split(' ')
        .filter((name) => !names.includes(name.replaceAll('"', '')))
        .join(' ');
    return left(old) === left(next);
  };
}

/** The order of the entries of a journal, `DOCUMENT KIND` each. */
function withoutIntents(order: string | undefined): string | undefined {
  return order?.replace(/\S+ intent(#\d+)?( |$)/g, '').trim();
}

/** The new build left a place of a file as the input has it. */
function isAsInInput({ name, path, new: next }: Difference, { files }: Facts): boolean {
  const file = Object.entries(files).find(([at]) => name.endsWith(` ${at}`));
  if (!file) return false;
  const original = path
    .split('/')
    .slice(1)
    .reduce<JsonTree | undefined>(
      (tree, part) =>
        tree?.kind === 'object'
          ? tree.children.get(`"${part}"`)
          : tree?.kind === 'array'
            ? tree.children.get(part)
            : undefined,
      parseTree(Buffer.from(file[1]).toString()),
    );
  return original?.raw === next;
}

/** Each line of the old report is in the new one, with other numbers perhaps. */
function hasEveryLabel({ old = '', new: next = '' }: Difference): boolean {
  const labels = (text: string) =>
    text.split('\n').map((row) => row.replace(/[\d.,%$+-]+|\s+|\b[KM]?B\b/g, ' ').trim());
  const known = new Set(labels(next));
  return labels(old).every((label) => known.has(label) || known.has(label.split(/ {2,}/)[0] ?? ''));
}

/** Any difference but another byte at one blob key. */
const ALL_BUT_BLOBS: Pattern = { when: ({ aspect, change }) => !(aspect === 'blob' && change === 'changed') };

const SIZES =
  /\/(bytesAfter|bytesBefore|bytes|bytesSaved|blobsWritten|blobsReused|segments|dollars|seconds|sha256|after|before|version)$/;

const FUNCTIONS = /^functions of a fleet/;

const MARK = 'added-program-is-marked';
const ORDER = 'inline-and-verified-sources-first';
const PLACE = 'outermost-complete-bag';
const AGAIN = 'mutable-programs-are-migrated';
const ANY_CASE = 'names-in-any-case';
const DEAD = 'dead-sources-are-passed';
const ONLY = 'only-the-program-is-added';
const NESTED_IDS = 'ids-of-the-document';
const MOVED = 'manifest-at-a-content-address';
const EMPTY = 'empty-values-stay';

const isOpen: Pattern['when'] = ({ name }, { next }) =>
  next.some(
    (item) =>
      item.aspect === 'stdout' && item.name === name && /"isClosed":\s*false|not finished|not closed/.test(item.text),
  );

/** True where the new report of the step has such text. */
function says(text: RegExp): NonNullable<Pattern['when']> {
  return ({ name }, { next }) =>
    next.some((item) => item.aspect === 'stdout' && stepOf(item.name) === stepOf(name) && text.test(item.text));
}

/** A table without its spaces, as a longer cell moves the others, and without the words for a code. */
function cellsOf(table: string): string {
  return table
    .replace(/ +/g, ' ')
    .replace(/^documents read /m, 'documents ')
    .replace(/(?<= BAG_\w+: )[^;\n]*/g, '');
}

const ADDED_MEMBERS = /^\/(segment_index|segment_manifest_s3_path|manifest_s3_path)$/;

export const ALLOWED: readonly Rule[] = [
  // What reports count and say.
  rule(
    'counts-of-what-was-not-read',
    'gc, can-contract, inspect, migrate, verify, status and report count what was skipped, unreadable, empty or not started.',
    {
      aspect: ['stdout', 'journal'],
      change: ['added'],
      path: /^\/(inventory|unfinished|parts|notStarted|isClosed|answer|proven|proof|unreadable|skipped|empty|undecidable|discrepancies)$|^\/totals\/(needing|gone)$|^\/(totals|verify)\/(overwritten|bagsWithoutSegments)$|^\/(runs\/[^/]*|end[^/]*)\/(notStarted|inventory|entries|digest)$/,
    },
  ),
  rule(
    'options-of-a-run',
    'The journal says which plan, form of manifest, selection and places a run was given; out is absolute.',
    {
      aspect: ['journal', 'stdout', 'plan'],
      change: ['added'],
      path: /\/options\/(plan|onlyFailed|isFormAsked|isStream|allowEmpty|layout|allowPrefixes)$/,
    },
    {
      aspect: ['journal', 'stdout'],
      change: ['changed'],
      path: /\/options\/out$/,
      new: /^"\//,
    },
    // Over the options as well.
    { aspect: ['plan'], path: /^\/seal\/sha256$/ },
  ),
  rule('collected-runs-are-complete', 'A later run settles the intents that were collected without a result.', {
    aspect: ['journal'],
    command: /^fleet collect/,
    path: /^\/end\/complete$/,
    old: /^false$/,
    new: /^true$/,
  }),
  rule(
    'open-runs',
    'status and report exit 1 until a complete run has made up for what a run has left.',
    {
      aspect: ['exit'],
      old: /^0$/,
      new: /^1$/,
      command: /^(status|report|migrate)/,
      when: isOpen,
    },
    {
      aspect: ['stdout', 'journal'],
      path: /(^|\/)(isClosed|complete|closed)$/,
      old: /^true$/,
      new: /^false$/,
    },
    {
      aspect: ['stdout', 'stderr'],
      path: /^$/,
      command: /^(status|report)/,
      when: isOpen,
    },
  ),
  rule('gates-say-how-many-entries-were-read', 'The table of gc and can-contract has a row for the entries read.', {
    aspect: ['stdout'],
    change: ['changed'],
    path: /^$/,
    command: /^(gc|can-contract)/,
    when: ({ old = '', new: next = '' }) => cellsOf(old) === cellsOf(next.replace(/^(read|journals) .*\n/gm, '')),
  }),
  rule(
    'what-was-passed-over-is-not-success',
    'inspect and migrate exit with 1 because of what they skipped, of empty sources and of conditions that match nothing; inspect also because of what it does not understand or did not follow.',
    {
      aspect: ['exit'],
      command: /^inspect/,
      old: /^0$/,
      new: /^1$/,
      when: says(
        /"(skipped|empty|undecidable|notStarted)":\s*[1-9]|"documents":\s*0\b|^(skipped|empty|undecidable|not known) +[1-9]/m,
      ),
    },
    {
      aspect: ['exit'],
      command: /^migrate/,
      old: /^0$/,
      new: /^1$/,
      when: says(/"(skipped|empty)":\s*[1-9]|"documents":\s*0\b|^(skipped|empty) +[1-9]|^documents +0$/m),
    },
    {
      aspect: ['stdout', 'journal'],
      path: /^\/end[^/]*\/complete$/,
      old: /^true$/,
      new: /^false$/,
    },
  ),
  rule('inspect-reports-hidden-programs', 'inspect reports a program in a document without a bag.', {
    aspect: ['stdout'],
    command: /^inspect/,
    path: /^\/documents\//,
    when: says(/BAG_HIDDEN|PROGRAM_MISSING|DUPLICATE_MEMBER|ATTRIBUTE_NOT_JSON/),
  }),
  rule('a-verification-of-nothing-fails', 'verify exits with 1 when no document was verified, and says why.', {
    aspect: ['exit', 'stderr'],
    command: /^verify/,
    new: /^1$|nothing was verified/,
    when: says(/"(documents|verified)":\s*0\b|^(documents|verified) +0$/m),
  }),
  rule('settings-of-the-bucket', 'migrate, gc and can-contract report what is set for the bucket of the store.', {
    aspect: ['stdout'],
    path: /^\/bucket$/,
    change: ['added'],
    command: /^(migrate|gc|can-contract)/,
  }),
  rule(
    'gc-says-what-it-deletes',
    'gc prints what it is about to delete, and the proof; the hint repeats --no-journal.',
    {
      aspect: ['stderr'],
      command: /^gc/,
      new: /^statebag: (deleting \d|this was a dry run, nothing was deleted; to delete: .*--no-journal)/,
    },
  ),
  rule('a-plan-counts-requests', 'fleet plan counts requests by kind, names no prices, and gives ranges.', {
    aspect: ['stdout'],
    command: /^fleet plan/,
  }),
  rule('unreadable-is-not-proven', 'gc and can-contract list what cannot be read or understood by kind.', {
    aspect: ['stdout'],
    path: /^\/(unreadable|documents|skipped|empty|undecidable)\//,
    command: /^(gc|can-contract)/,
    new: /unreadable|skipped|empty|undecidable|^$/,
    when: ({ old = '', new: next = '' }) =>
      /"?(unknown|unreadable|skipped|empty|undecidable)"?|"code"/.test(old + next),
  }),
  following(
    ['unreadable-is-not-proven'],
    'answer-without-proof',
    'The answer is "not proven", and gc deletes nothing.',
    {
      aspect: ['stdout', 'stderr', 'exit'],
      command: /^(gc|can-contract)/,
    },
    {
      aspect: ['document', 'blob', 'metadata'],
      change: ['removed'],
      name: / is gone$/,
    },
  ),
  rule(
    'programs-at-mutable-keys-keep-the-shim',
    'can-contract waits for bags with a program at a mutable key.',
    {
      aspect: ['stdout'],
      command: /^can-contract/,
      path: /^\/documents\//,
      when: ({ old = '', new: next = '' }) => /BAG_MUTABLE|MANIFEST_MUTABLE|PROGRAM_MUTABLE/.test(old + next),
    },
    {
      aspect: ['stdout'],
      command: /^can-contract/,
      path: /^$/,
      new: /BAG_MUTABLE|MANIFEST_MUTABLE|PROGRAM_MUTABLE/,
    },
    {
      aspect: ['stdout'],
      command: /^can-contract/,
      path: /^\/documents\/[^/]* (BAG_MUTABLE|MANIFEST_MUTABLE|PROGRAM_MUTABLE)/,
    },
  ),
  rule('lists-and-text-are-not-proven', 'can-contract counts lists, text and bags below other members as not proven.', {
    aspect: ['stdout'],
    command: /^can-contract/,
    path: /^\/(documents\/.*|totals\/(unknown|foreign))$/,
  }),
  following(
    ['programs-at-mutable-keys-keep-the-shim', 'lists-and-text-are-not-proven'],
    'answer-of-can-contract',
    'The answer and the counts follow.',
    {
      aspect: ['stdout', 'exit'],
      command: /^can-contract/,
    },
  ),

  // What validate finds.
  rule(
    'advice-of-validate',
    'The hints of validate name --schema fat for old bags; migrate, then wrap.',
    {
      aspect: ['stdout', 'answer'],
      path: /\/issues\/.*\/(hint|message)$|^\/runs\/.*\/text$|^\/message$/,
      new: /statebag migrate|`--schema|inline; a lean bag/,
    },
    {
      aspect: ['stdout'],
      command: /^validate .*--format (pretty|github|junit)/,
      path: /^$/,
      new: /statebag migrate/,
    },
  ),
  rule(
    'validate-checks-every-bag',
    'validate finds stray bags, doubled members, mixed pointers, levels of two owners, inline programs next to lean paths, and documents without a bag.',
    {
      aspect: ['stdout', 'answer'],
      path: /(\/|^)(issues|results|rules|schemas)(\/|$)/,
    },
    {
      aspect: ['stdout'],
      command: /^validate .*--format (pretty|github|junit)/,
      path: /^$/,
      new: /DUPLICATE_MEMBER|STRAY_BAG|POINTER_MIXED|OWNER_MISMATCH|NOT_A_BAG/,
    },
  ),
  following(['validate-checks-every-bag'], 'verdict-of-validate', 'Verdict, counts and exit code follow.', {
    aspect: ['stdout', 'exit', 'stderr', 'answer'],
    command: /^validate/,
  }),
  rule('matchers-are-as-strict-as-validate', 'The matchers refuse what validate refuses.', {
    aspect: ['answer'],
    kind: /^validateStateBag/,
    name: /^toBeLeanStateBag$/,
    path: /^\/(pass|message)$/,
  }),

  // What the shim adds to an event.
  rule(MARK, 'The program that the shim adds to an event carries the mark added_by_statebag_shim.', {
    aspect: ['event', 'answer', 'stdout'],
    change: ['added'],
    path: /\/added_by_statebag_shim$/,
    new: /^true$/,
  }),
  rule(
    ONLY,
    'The adapter adds no segment_index, segment_manifest_s3_path and manifest_s3_path to an event.',
    {
      aspect: ['event', 'stdout'],
      change: ['removed'],
      path: ADDED_MEMBERS,
    },
    { aspect: ['event'], change: ['changed'], path: ADDED_MEMBERS, new: /^""$/ },
  ),
  following(
    [MARK, ONLY],
    'only-the-program-comes-back',
    'Nor are they in an answer that holds the event.',
    {
      aspect: ['answer', 'stdout', 'event'],
      change: ['removed'],
      path: /\/(segment_index|segment_manifest_s3_path|manifest_s3_path)$/,
    },
    { aspect: ['answer'], change: ['changed'], path: /\/manifest_s3_path$/, new: /^""$/ },
  ),
  following(
    [MARK, ONLY],
    'added-program-stays-outside-bags',
    'In an answer the added program is taken out of bags only.',
    {
      aspect: ['answer', 'stdout'],
      change: ['added', 'removed'],
      path: /\/(segment_config|program)$/,
    },
  ),
  following(
    [MARK, ONLY],
    'size-of-the-added-members',
    'Answers that hold the event are longer or shorter by what the shim adds.',
    {
      aspect: ['diagnostic'],
      change: ['changed'],
      path: /^\/(bytes|bytesSaved)$/,
    },
    {
      aspect: ['error'],
      path: /^\/message$/,
      old: /PAYLOAD_TOO_LARGE/,
      new: /PAYLOAD_TOO_LARGE/,
    },
    {
      aspect: ['error', 'answer', 'diagnostic', 'blob', 'metadata'],
      change: ['added', 'removed'],
      when: (difference, facts) =>
        facts.newCodes(difference).has('PAYLOAD_TOO_LARGE') || facts.oldCodes(difference).has('PAYLOAD_TOO_LARGE'),
    },
    {
      aspect: ['diagnostic'],
      name: /^offload/,
    },
  ),
  following(
    [MARK],
    'members-leave-for-the-added-program',
    'An answer with the added program is over its budget, so a member of the bag leaves, which stayed before.',
    {
      aspect: ['blob', 'metadata'],
      change: ['added'],
      name: /^state-members\//,
      when: ({ name }, { old }) => !old.some((item) => item.name === name),
    },
    {
      aspect: ['diagnostic'],
      change: ['added'],
      path: /^\/offloaded\//,
    },
    {
      aspect: ['answer'],
      change: ['added', 'removed'],
      path: /\/[^/]+\/[^/]+$/,
      when: ({ path }, { old, next }) => {
        const member = path.split('/').at(-2)!;
        const leaves = (items: readonly Item[]) =>
          items.some(({ name }) => name.startsWith('state-members/') && name.endsWith(`/${member}.json`));
        return leaves(next) && !leaves(old);
      },
    },
  ),

  rule(
    'manifest-alone-is-inline',
    'A bag whose only program is its inline manifest is fat: it is migrated, and the manifest shrinks to pointers.',
    { path: /\/generation$/, change: ['changed'], old: /^"lean"$/, new: /^"fat"$/, when: isManifestAlone },
    {
      aspect: ['stdout', 'event', 'answer', 'document', 'row'],
      path: /\/segment_manifest\/\d+\/\w+$/,
      when: isManifestAlone,
    },
  ),

  // What stays at mutable keys.
  rule(
    MOVED,
    'The manifest of a bag is moved to a content address, or made of the config, in both forms.',
    {
      aspect: VALUES,
      change: ['added', 'changed'],
      path: /\/(workflow_config_s3_path|partition_map_s3_path|segment_manifest_s3_path|manifest_s3_path)(\/S)?$/,
      new: ADDRESSED,
    },
    {
      aspect: ['blob'],
      change: ['added'],
      name: /workflow-manifests\//,
      when: isAddressed,
    },
  ),
  following([MOVED], 'metadata-of-a-moved-manifest', 'The manifest that is moved has the metadata of every manifest.', {
    aspect: ['metadata'],
    change: ['added'],
    name: /workflow-manifests\/.*segment_manifest\.json$/,
  }),
  rule(
    'place-of-a-moved-manifest',
    'The path of the manifest is next to the other paths.',
    {
      aspect: VALUES,
      change: ['order'],
      when: isOrderWithout('segment_manifest_s3_path', 'manifest_s3_path', 'state_bag_version'),
    },
    {
      aspect: VALUES,
      change: ['removed'],
      path: /\/(segment_manifest_s3_path|manifest_s3_path)$/,
    },
  ),
  following(
    [MOVED],
    'sizes-with-a-moved-manifest',
    'Sizes, digests, counts and inverses follow from the document.',
    {
      aspect: ['stdout', 'journal', 'plan'],
      path: SIZES,
    },
    { aspect: ['answer'], kind: FUNCTIONS, path: SIZES },
    {
      aspect: ['journal', 'plan'],
      path: /\/(inverse|blobs)(\/|$)/,
    },
    {
      aspect: ['diagnostic'],
      path: /^\/(blobs|bytes|bytesSaved|repaired|outcome|cache|generation)/,
    },
    {
      aspect: ['diagnostic'],
      name: /^(cache|offload)/,
      change: ['added', 'removed'],
    },
  ),

  rule(
    AGAIN,
    'Bags with a program at a mutable key are migrated, or migrated again.',
    {
      aspect: ['stdout', 'journal', 'plan'],
      path: /\/outcome$/,
      old: /"unchanged"/,
      new: /"migrated"/,
    },
    {
      aspect: ['answer'],
      kind: FUNCTIONS,
      path: /\/outcome$/,
      old: /"unchanged"/,
      new: /"migrated"/,
    },
  ),
  following(
    [AGAIN],
    'what-is-migrated-again',
    'Document, blobs, journal and everything that follows from them.',
    ALL_BUT_BLOBS,
  ),
  following([MOVED, AGAIN], 'verified-segments', 'verify compares the segments of bags without a map.', {
    aspect: ['stdout', 'journal'],
    path: /\/(segments|verified|documents|hazards)(\/|$)/,
  }),

  // Which source of a program counts.
  rule(ORDER, 'What is inline or verified outranks what is at a mutable key when a segment is resolved.', {
    aspect: ['answer', 'diagnostic', 'stdout', 'event'],
    change: ['changed', 'added', 'removed'],
    path: /\/source$/,
  }),
  rule(
    'shadow-compares-with-the-verified-source',
    'The new way of shadow takes a verified manifest before a map at a mutable key, and reports when they differ.',
    {
      aspect: ['diagnostic'],
      change: ['added'],
      name: /^shadow-mismatch/,
      new: /"oldSource":"map-path","newSource":"manifest"/,
    },
    {
      aspect: ['diagnostic'],
      name: /^read/,
      path: /^\/shadow$/,
      old: /"same"/,
      new: /"different"/,
    },
  ),
  following(
    [ORDER],
    'program-of-another-source',
    'The program of that source, and what is stored of it.',
    ALL_BUT_BLOBS,
  ),

  // Which object is the bag.
  rule(
    PLACE,
    'A complete bag keeps its own place: bag and Payload in it are user data.',
    {
      aspect: ['answer', 'diagnostic'],
      path: /^\/(envelope(\/\d+)?|ownerId|workflowId)$/,
    },
    {
      aspect: ['stdout'],
      path: /^\/documents\/[^/]*\/envelope$|^\/totals\/envelopes\//,
    },
    {
      aspect: ['event', 'answer', 'document', 'row', 'stdout'],
      path: /\/(bag|Payload|state_data)(\(text\))?\/(state_bag_version|(workflow_config|partition_map)(_s3_path)?)$/,
    },
    {
      aspect: ['answer', 'diagnostic', 'stdout', 'journal', 'plan'],
      path: /\/generation$/,
      old: /lean/,
      new: /bridge/,
    },
  ),
  following(
    [PLACE],
    'program-of-the-outer-bag',
    'Program, manifest and answer follow the bag that was chosen.',
    ALL_BUT_BLOBS,
  ),

  // Refusals.
  refusal('OWNER_MISMATCH', 'Levels that name different owners or workflows are refused.'),
  refusal('ID_INVALID', 'Ids that readers do not spell alike are refused.'),
  rule('code-of-a-refused-place', 'One code says that a pointer leads to a place that may not be read.', {
    aspect: [...REPORTS, 'error', 'diagnostic'],
    when: (difference, facts) =>
      facts.newCodes(difference).has('POINTER_NOT_ALLOWED') &&
      ['BUCKET_NOT_ALLOWED', 'PREFIX_NOT_ALLOWED'].some((code) => facts.oldCodes(difference).has(code)),
  }),
  rule(
    'words-about-a-foreign-owner',
    'The message quotes the whole address and the owner.',
    { aspect: ['stdout', 'journal'], path: /POINTER_FOREIGN_OWNER( result)?\/reason$/, new: /^"the object / },
    {
      aspect: ['error'],
      path: /^\/message$/,
      new: /^"(POINTER_FOREIGN_OWNER: )?the object .* belongs to another owner /,
    },
    {
      aspect: ['stderr'],
      old: /^statebag: POINTER_FOREIGN_OWNER/,
      new: /^statebag: POINTER_FOREIGN_OWNER: the object /,
    },
  ),
  accepted('BUCKET_NOT_ALLOWED', 'A pointer that is refused is not followed; sources in the bag are still asked.'),
  accepted('POINTER_FOREIGN_OWNER', 'A pointer that is refused is not followed; sources in the bag are still asked.'),
  rule('no-store-no-address', 'Without a store it is not known which pointers may be followed, so none is named.', {
    aspect: ['stdout', 'stderr'],
    old: /a pointer leads to s3:/,
    new: /the document has a pointer; following it needs --store/,
  }),
  refusal('DUPLICATE_MEMBER', 'validate refuses a wrapper or program member twice in one object.'),
  refusal('NOT_A_BAG', 'validate says of a document without a bag that it is not one.'),
  refusal('POINTER_NOT_ALLOWED', 'A program in a bucket that is not allowed cannot be moved.'),
  refusal('POINTER_FOREIGN_OWNER', 'A program in a place of another owner cannot be moved.'),
  refusal('SEGMENT_INVALID', 'A map with an entry that is no segment is quarantined in both forms.'),
  refusal('WORKFLOW_CYCLE', 'A config that cannot be cut, next to a manifest without entries, is quarantined.'),
  accepted('POINTER_DANGLING', 'After a dead pointer, inline and verified sources are asked.'),
  accepted('POINTER_CHAIN', 'A source at a mutable key is asked after the verified ones.'),
  accepted('MAP_INVALID', 'A source at a mutable key is asked after the verified ones.'),

  // The estimate of inspect has no document to compare.
  rule('estimate-with-a-moved-manifest', 'inspect counts the manifest that a migration would move.', {
    aspect: ['stdout'],
    command: /^(inspect|fleet plan)/,
    path: SIZES,
  }),
  rule('exit-of-report', 'report has the exit code of status.', {
    aspect: ['exit'],
    command: /^report/,
    old: /^0$/,
    new: /^1$/,
  }),
  rule(
    'a-run-that-was-stopped-first',
    'A run that was stopped before its first document is in the journal, and status tells it.',
    {
      aspect: [...REPORTS, 'document', 'blob'],
      when: (_, { old, next }) =>
        old.some(
          ({ aspect, name, text }) => aspect === 'stderr' && name === 'step 1' && text.includes('JOURNAL_MISSING'),
        ) &&
        next.some(({ aspect, name, text }) => aspect === 'stdout' && name === 'step 1' && text.includes('"stopped"')),
    },
  ),

  // State machines.
  rule(
    'patch-changes-only-the-field-itself',
    'asl patch changes only a value that is the field itself, and gives an item its own segment.',
    {
      aspect: ['document'],
      kind: /^asl/,
      when: isAsInInput,
    },
    {
      aspect: ['document'],
      kind: /^asl/,
      change: ['removed'],
      path: /^$/,
    },
    {
      aspect: ['document'],
      kind: /^asl/,
      path: /\/(segment_index|segment_manifest_s3_path|segment_config|ItemsPath|ItemSelector|Parameters|ResultSelector|Choices)(\.\$)?(\/|$)/,
    },
  ),
  rule('a-map-over-the-manifest-is-noted', 'asl check and asl patch note a Map over segment_manifest.', {
    aspect: ['stdout', 'stderr'],
    kind: /^asl/,
    new: /asl\/needs-manifest/,
  }),
  following(
    ['patch-changes-only-the-field-itself', 'a-map-over-the-manifest-is-noted'],
    'verdict-of-asl',
    'Verdict, difference, counts and exit code follow.',
    {
      aspect: ['stdout', 'stderr', 'exit', 'document'],
      kind: /^asl/,
    },
  ),

  // Sources that lead nowhere.
  rule(
    DEAD,
    'After a dead, chained or useless source the others are asked, and a bag with manifest_id gets no program added.',
    {
      aspect: ['error'],
      change: ['removed', 'changed'],
      old: /POINTER_DANGLING|POINTER_CHAIN|MAP_INVALID|CONFIG_INVALID|SEGMENT_NOT_FOUND/,
    },
    {
      aspect: ['stdout'],
      path: /^\/\d+\/(errorType|errorMessage)$/,
      change: ['removed'],
      old: /PointerError|BagError|POINTER_DANGLING|POINTER_CHAIN|MAP_INVALID|CONFIG_INVALID/,
    },
    {
      aspect: ['diagnostic'],
      path: /^\/shadow$/,
      change: ['removed'],
      old: /failed/,
    },
  ),
  following(
    [DEAD],
    'answer-without-the-dead-source',
    'Event, answer and messages that were an error before.',
    {
      aspect: ['event', 'answer', 'error', 'diagnostic', 'stdout'],
    },
    {
      aspect: ['blob', 'metadata'],
      change: ['added'],
    },
  ),
  rule('no-program-next-to-manifest_id', 'A bag with manifest_id gets no program added.', {
    aspect: ['event', 'answer', 'stdout', 'diagnostic'],
    change: ['removed'],
    path: /(^|\/)(segment_config|source|segmentIndex)$/,
    when: (_, { next }) => next.some(({ aspect, text }) => aspect === 'event' && text.includes('"manifest_id"')),
  }),
  rule('an-empty-manifest-is-not-stored', 'A config without segments leads to no program.', {
    aspect: ['blob', 'metadata', 'document'],
    kind: /^(buildLeanBag|usage)/,
    change: ['removed'],
    name: /workflow-manifests\//,
  }),
  following(
    [MARK, ONLY, AGAIN, MOVED],
    'spelling-of-another-source',
    'The added program is spelled as its source spells it.',
    {
      aspect: ['stdout', 'event'],
      path: /^\/segment_config\//,
      change: ['layout', 'changed', 'added', 'removed'],
    },
  ),
  following(
    [MARK, ONLY, PLACE],
    'bag-of-another-level',
    'Paths are put only into the bag that was chosen, and only identities that agree are filled in.',
    {
      aspect: ['answer', 'diagnostic'],
      path: /\/(workflow_config_s3_path|partition_map_s3_path|state_s3_path|state_bag_version|repaired|state_data|segment_config|segment_to_run)$/,
    },
    {
      aspect: ['diagnostic'],
      path: /^\/generation$/,
      old: /^"foreign"$/,
      new: /^"lean"$/,
    },
  ),
  rule('identity-from-every-level', 'Both spellings of both ids count on every level.', {
    aspect: ['journal', 'stdout'],
    path: /\/(ownerId|workflowId)$/,
    change: ['added'],
  }),

  // Documents that would leave a program at a mutable key.
  refusal('MAP_NOT_POSITIONAL', 'A dict map without positions is quarantined in both forms.'),
  refusal('MAP_INVALID', 'A map that is not a list or dict is refused where it would be taken for the program.'),
  refusal('CHECKSUM_MISMATCH', 'A pointer with a checksum is verified before its target is moved.'),
  refusal('POINTER_DANGLING', 'A program at a mutable key that is gone cannot be moved.'),
  refusal('STORE_MISSING', 'inspect needs the store to count a program that a migration would move.'),
  rule('segments-of-bags-without-a-map', 'verify compares the segments of bags without a map.', {
    aspect: ['stdout', 'journal'],
    path: /^\/(totals|verify|documents\/[^/]*)\/segments$/,
  }),
  following(
    [MOVED],
    'garbage-of-moved-manifests',
    'gc deletes manifests that a rollback left.',
    {
      aspect: ['stdout', 'exit'],
      command: /^gc/,
    },
    {
      aspect: ['blob', 'metadata'],
      change: ['added'],
      name: /workflow-manifests\/.* is gone$/,
    },
  ),

  // Words.
  rule(
    'containers-are-counted-apart',
    'Files and objects of lines that failed or were not started are counted next to documents.',
    { aspect: ['stdout', 'journal'], path: /\/containers(Failed|NotStarted)$/, change: ['added'], new: /^\d+$/ },
  ),
  rule('damaged-lines-are-reported', 'Damaged lines of a journal are reported; here there are none.', {
    aspect: ['stdout'],
    path: /^\/damaged$/,
    change: ['added'],
    new: /^\[\]$/,
  }),
  rule('inspect-says-whether-it-is-complete', 'A stopped inspection is not taken for a whole one.', {
    aspect: ['stdout'],
    path: /^\/complete$/,
    change: ['added'],
    command: /^inspect/,
    new: /^true$/,
  }),
  rule('gc-counts-leftovers', 'Files that killed runs left in a directory store are listed and counted.', {
    aspect: ['stdout'],
    path: /^\/totals\/leftover(s|Bytes)$/,
    change: ['added'],
    command: /^gc/,
    new: /^0$/,
  }),
  rule(
    'bytes-of-migrated-documents',
    'Every command counts the bytes of the same documents: those that were, or would be, migrated.',
    {
      aspect: ['stdout', 'journal'],
      path: /(^|\/)totals\/bytes(Before|After)$/,
      when: isSumOfMigrated,
    },
    {
      aspect: ['stdout'],
      path: /^$/,
      command: /^(migrate|status|report)/,
      when: ({ new: next = '' }) => / of (migrated documents|documents to be migrated)$/m.test(next),
    },
  ),
  rule(
    'commands-that-go-on',
    'A command that is printed does something when it is run.',
    {
      aspect: ['stderr'],
      command: /^migrate/,
      old: /this was a dry run, nothing was written; to write: /,
      new: /this was a dry run; (there is no document to migrate|no document that was read and understood is to be migrated)\n/,
    },
    {
      aspect: ['stderr'],
      command: /^migrate .*--plan-out/,
      old: /; to write: .* --plan-out (\S+) --apply\n/,
      new: /only the plan was written; to do what it says: .* --plan (\S+) --apply\n/,
    },
    {
      aspect: ['stderr'],
      command: /^migrate .*--apply.* --limit/,
      when: ({ old, new: next }) =>
        next?.replace(/statebag: the run reached --limit; to take the rest: .*\n/, '') === old,
    },
  ),
  rule(
    'a-rollback-names-the-runs',
    'A rollback names the migrations that it undoes.',
    {
      aspect: ['stdout'],
      path: /^\/runs$/,
      change: ['added'],
      command: /^rollback/,
    },
    {
      aspect: ['stdout'],
      path: /^$/,
      command: /^rollback/,
      when: ({ old, new: next }) => next?.replace(/^(to be )?undone .*\n/gm, '') === old,
    },
  ),
  rule(
    'a-rollback-has-intents',
    'A rollback syncs an intent before it restores a document.',
    {
      aspect: ['journal'],
      path: / intent#\d+/,
      when: (_, { steps }) => steps.some(([command]) => command === 'rollback'),
    },
    {
      aspect: ['journal'],
      path: /^$/,
      change: ['order'],
      when: ({ old, new: next }, { steps }) =>
        steps.some(([command]) => command === 'rollback') && withoutIntents(next) === withoutIntents(old),
    },
  ),
  rule('advice-of-the-catalogue', 'The advice after an error is that of the catalogue of codes.', {
    aspect: ['stderr'],
    old: /^statebag: POINTER_DANGLING: /,
    new: /^statebag: POINTER_DANGLING: /,
  }),
  rule(
    'messages-of-usage',
    'Messages about a wrong command line name only what is missing, and what was perhaps meant.',
    {
      aspect: ['stderr'],
      kind: /^usage/,
      old: /^statebag: (USAGE|STORE_MISSING|COMMAND_UNKNOWN|old and new)/,
      new: /^statebag: (USAGE|STORE_MISSING|COMMAND_UNKNOWN|old and new)/,
    },
  ),
  rule('default-journal', 'Without --journal, statebag-journal is read, as the help said.', {
    aspect: ['stderr'],
    kind: /^usage/,
    command: /^(verify|rollback|status|report)$/,
    old: /--journal DIR is missing/,
    new: /JOURNAL_MISSING/,
  }),
  rule('completion-of-a-shell', 'completion takes the name of a shell and has scripts of its own.', {
    aspect: ['stdout', 'stderr', 'exit'],
    kind: /^usage/,
    command: /^completion( bash)?$/,
  }),
  rule('options-without-effect', 'An option that has no effect with the others is refused.', {
    aspect: ['stdout', 'stderr', 'exit', 'document', 'blob', 'metadata'],
    kind: /^usage/,
    command: /^seal .*--with-events$/,
  }),
  rule('help-and-completion', 'Options and notes that were added since; documented in --help.', {
    aspect: ['stdout'],
    kind: /^usage/,
    command: /^(help |--get-yargs-completions )|--help$/,
  }),
  rule('layouts-need-a-digest', 'Layouts without owner, workflow or digest as whole parts are refused.', {
    aspect: ['stderr'],
    new: /LAYOUT_INVALID/,
  }),
  rule('documents-that-judge-no-schema', 'schema diff --bags warns of documents that satisfy neither schema.', {
    aspect: ['stdout'],
    command: /^schema diff/,
    new: /not-judged/,
  }),
  rule(ANY_CASE, 'Documents of a directory are found in any case of letters.', {
    when: ({ name, path }) => `${name}${path}`.includes('UPPER.JSON'),
  }),
  following(
    [ANY_CASE],
    'one-more-document',
    'Counts and journal with one more document.',
    {
      aspect: REPORTS,
    },
    {
      aspect: ['blob', 'document'],
      change: ['added'],
    },
  ),
  rule(
    'a-bag-that-cannot-be-migrated-passes',
    'A bag whose program cannot be cut or moved is handed on as it is.',
    {
      aspect: ['event', 'answer', 'stdout'],
      path: /^\/(state_data\/)*(state_bag_version|(workflow_config|partition_map)(_s3_path)?)$/,
      change: ['added', 'removed'],
    },
    {
      aspect: ['blob', 'metadata'],
      change: ['removed'],
      kind: /^(adapt|wrap|read|middy|runtime proxy)/,
    },
    {
      aspect: ['event', 'answer', 'diagnostic'],
      kind: /^read/,
      path: /^$|^\/(_is_init|_status|bytes|bytesSaved)$/,
      change: ['added', 'changed'],
      when: (_, { next }) =>
        next.some(({ name, text }) => name.startsWith('fail-open') && text.includes('WORKFLOW_CYCLE')),
    },
  ),
  rule('requests-for-blobs', 'Which blobs are stored or read again follows from the sources that count.', {
    aspect: ['diagnostic'],
    name: /^(cache|offload) /,
    path: /^$|^\/outcome$|^\/blobs\/manifest$/,
  }),
  rule(
    'numbers-of-pretty-reports',
    'The numbers in a report for people follow from the documents.',
    {
      aspect: ['stdout'],
      command: /^(migrate|inspect|verify|status|report|fleet plan)(?!.*--json)/,
      path: /^$/,
      when: hasEveryLabel,
    },
    {
      aspect: ['stdout'],
      command: /^report --journal journal --html/,
      name: /page\.html$/,
    },
  ),
  rule(
    NESTED_IDS,
    'A bag without ids in another bag has the ids of its document.',
    { aspect: ['blob', 'metadata'], change: ['removed'], name: /\/_\// },
    { aspect: ['document', 'row'], change: ['changed'], old: /\/_\// },
  ),
  following(
    [NESTED_IDS],
    'addresses-with-the-ids-of-the-document',
    'Addresses, sizes and inverses follow from the ids.',
    { aspect: ['blob', 'metadata'], change: ['added'], when: isAtNamedAddress },
    { aspect: ['stdout', 'journal', 'plan'], path: SIZES },
    { aspect: ['journal', 'plan'], path: /\/(inverse|blobs)(\/|$)/ },
  ),
  rule(
    'refused-documents-leave-no-blob',
    'Every check comes before the first write: a document that is refused leaves no blob.',
    { aspect: ['blob', 'metadata'], change: ['removed'], when: isBlobOfRefused },
    { aspect: ['blob', 'metadata'], kind: /^buildLeanBag/, change: ['removed'], when: isBagRefused },
  ),
  rule('gc-without-blobs-of-refused-documents', 'gc finds no blobs of refused documents.', {
    aspect: ['stdout'],
    command: /^gc/,
    path: /^\/(totals|blobs)\//,
    change: ['removed', 'changed'],
    when: (_, { next }) => next.some(({ aspect, text }) => aspect === 'stdout' && text.includes('"quarantined"')),
  }),
  rule(
    'schema-judges-an-empty-config',
    'An empty config next to a map that is null is quarantined by the schema (BAG_INVALID); it was WORKFLOW_INVALID.',
    { aspect: REPORTS, when: (difference, facts) => isBagInvalidNow(difference, facts) },
  ),

  // Values that old readers take differently.
  refusal('MAP_HAS_NULLS', 'A map with null in place of a segment is quarantined.'),
  rule(
    'bag-with-nulls-passes',
    'A wrapped handler gets and returns a bag with nulls in its map as it is; adapt and seal print it so.',
    {
      aspect: ['event', 'answer', 'blob', 'metadata', 'diagnostic'],
      kind: /^(wrap|read|middy|runtime proxy)/,
      when: (difference, facts) => facts.newCodes(difference).has('MAP_HAS_NULLS'),
    },
    { aspect: ['stdout', 'blob', 'metadata'], command: /^(adapt|seal|hydrate)/, when: holdsNulls },
    { aspect: ['blob', 'metadata'], kind: /^(adapt|processes)/, change: ['removed'], when: holdsNulls },
  ),
  refusal('FLAT_ERA_BAG', 'A bag of the flat era does not become bridge.'),
  rule(
    EMPTY,
    '{} and [] are empty values: lean removes them, bridge leaves them, and no blob has them.',
    { aspect: ['blob', 'metadata', 'document'], change: ['removed'], when: isBlobOfEmptyValue },
    { aspect: VALUES, change: ['removed', 'changed'], when: isPointerToEmptyValue },
    { aspect: ['diagnostic'], change: ['removed'], path: /^\/blobs\/(config|map)$/, when: isPointerToEmptyValue },
    { path: /\/generation$/, change: ['changed'], old: /^"fat"$/, new: /^"(lean|bridge)"$/ },
    { aspect: ['stdout'], path: /\/bytesInline$/, when: holdsEmptyValue },
    { aspect: ['stdout'], path: /\/bytesInline$/, kind: /^DynamoDB rows/, when: isConfigEmpty },
    { aspect: ['diagnostic'], name: /^cache/, path: /^\/cache$/, when: holdsEmptyValue },
  ),
  following(
    [EMPTY],
    'what-follows-from-empty-values',
    'Sizes, counts, hazards, outcomes, and documents that stay as they are.',
    { aspect: REPORTS, when: (difference, facts) => !isPrinted(difference, facts) },
    { aspect: ['diagnostic'], path: /^\/(bytes|bytesSaved|repaired|generation)$/ },
    { aspect: ['diagnostic'], name: /^fail-open/, change: ['removed'], old: /"WORKFLOW_INVALID"/ },
    { aspect: ['error'], old: /FAT_BAG/, new: /SEGMENT_NOT_FOUND/ },
    { aspect: ['row'], change: ['added'], path: /\/partition_map\/L$/, new: /^\[\]$/ },
    { aspect: ['document', 'row'], change: ['removed'], path: /^$/, when: isLeftAsItWas },
    {
      aspect: ['answer', 'error'],
      kind: /^buildLeanBag/,
      when: (difference, facts) => isInvalidBag(difference, facts),
    },
  ),
  accepted('BAG_INVALID', 'The bridge form admits empty values.', holdsEmptyValue),
  // Messages, and answers without a bag.
  rule(
    'a-message-for-every-event-and-result',
    'Each event and result has a message, also in observe and shadow, and when it is refused.',
    {
      aspect: ['diagnostic'],
      name: /^(read|write) \d+$/,
      path: /^$/,
      change: ['added'],
      new: /"mode":"(observe|shadow)"|"code":"/,
    },
    // The message of an event that is read by hand is about the first use of the reading.
    {
      aspect: ['diagnostic'],
      kind: /^read, segment, hydrated, write$/,
      name: /^read \d+$/,
      path: /^$|^\/(code|shadow|source|segmentIndex|bytesSaved)$/,
    },
  ),
  rule(
    'an-answer-without-a-bag-passes',
    'An answer without a bag to an event without one is not measured, as the proxy never measured it.',
    { aspect: ['diagnostic'], name: /^write/, path: /^\/bytes$/, change: ['removed'], when: isAnswerWithoutBag },
    { aspect: ['diagnostic'], name: /^write/, path: /^$/, change: ['added'], when: isAnswerWithoutBag },
    { aspect: ['error'], change: ['removed'], old: /PAYLOAD_TOO_LARGE/, when: isAnswerWithoutBag },
    { aspect: ['answer'], change: ['added'], path: /^$/, when: isAnswerWithoutBag },
  ),
];

/**
 * Differences that no decision wants. They are known faults of the new build: the summary names them, and each must go.
 */
export const UNEXPLAINED: readonly Rule[] = [];

interface Told {
  readonly kind?: string;
  readonly outcome?: string;
  readonly bytesBefore?: number;
  readonly bytesAfter?: number;
}

type Report = readonly Told[] | { readonly documents?: readonly Told[] };

/** Standard output of a filter has several values. */
function parsed(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

/** The new figure is the sum over the documents that a run migrated, by its report or by the results in a journal. */
function isSumOfMigrated({ path, new: figure }: Difference, { next }: Facts): boolean {
  const member = path.endsWith('Before') ? 'bytesBefore' : 'bytesAfter';
  const sum = (told: readonly Told[]) =>
    told.filter(({ outcome }) => outcome === 'migrated').reduce((total, one) => total + (one[member] ?? 0), 0);
  return next
    .filter(({ aspect, text }) => (aspect === 'stdout' || aspect === 'journal') && /^[[{]/.test(text))
    .some(({ aspect, text }) => {
      const tree = parsed(text);
      if (!tree) return false;
      if (aspect === 'stdout') return 'documents' in tree && sum(tree.documents ?? []) === Number(figure);
      if (!Array.isArray(tree)) return false;
      const starts = tree.flatMap(({ kind }, at) => (kind === 'run' ? [at] : []));
      return starts.some((start, at) => sum(tree.slice(start, starts[at + 1])) === Number(figure));
    });
}

/** Some document of the input has a whole inline manifest and neither config nor map. */
function isManifestAlone(_: Difference, { files, old }: Facts): boolean {
  const texts = [...Object.values(files).map(String), ...old.map(({ text }) => text)];
  return texts.some(
    (text) => /"segment_manifest\W+segment_id/.test(text) && !/"(workflow_config|partition_map)\W*:/.test(text),
  );
}

/** A blob that no document of the new build names, in an input with a document that is refused. */
function isBlobOfRefused({ name }: Difference, { next }: Facts): boolean {
  const [digest] = /[0-9a-f]{64}/.exec(name) ?? [];
  const isNamed = next.some(
    ({ aspect, text }) => (aspect === 'document' || aspect === 'row') && digest !== undefined && text.includes(digest),
  );
  return digest !== undefined && !isNamed && next.some(({ text }) => /\bquarantined\b/.test(text));
}

/** The input is one call, and both builds refuse its bag. */
function isBagRefused(_: Difference, { next }: Facts): boolean {
  return next.some(({ aspect, text }) => aspect === 'error' && text.includes('BAG_INVALID'));
}

function isBagInvalidNow(difference: Difference, facts: Facts): boolean {
  return facts.newCodes(difference).has('BAG_INVALID') && facts.oldCodes(difference).has('WORKFLOW_INVALID');
}

function isInvalidBag(difference: Difference, facts: Facts): boolean {
  return facts.newCodes(difference).has('BAG_INVALID');
}

/** JSON text of a value that counts as none, or JSON text of such a text. */
const EMPTY_VALUE = String.raw`(?:\\*"\s*)?(?:\{\s*\}|\[(?:\s|null|,|\\+n)*\])(?:\s|\\+n)*(?:\\*")?|\\*"\\*"`;
const IS_EMPTY_VALUE = new RegExp(String.raw`^\s*(?:${EMPTY_VALUE})\s*$`);
const HAS_EMPTY_VALUE = new RegExp(
  String.raw`(?:workflow_config|partition_map)\\*"\s*:\s*(?:\{\s*"[ML]"\s*:\s*)?(?:${EMPTY_VALUE})`,
);

/** Digests of the blobs that release 0.1.0 made of empty values, by their usual spelling. */
const EMPTY_DIGESTS = ['{}', '[]', '{ }', '[ ]', '""', '"{}"', '"[]"', String.raw`" [ ]\n"`].map((text) =>
  createHash('sha256').update(text).digest('hex'),
);

function isBlobOfEmptyValue({ name, old = '' }: Difference): boolean {
  return (
    EMPTY_DIGESTS.some((digest) => name.includes(digest)) || (/\/[0-9a-f]{64}\//.test(name) && IS_EMPTY_VALUE.test(old))
  );
}

/** A path or a pointer to a blob of an empty value, or a member of such a pointer. */
function isPointerToEmptyValue({ name, path, old = '' }: Difference, { differences }: Facts): boolean {
  if (EMPTY_DIGESTS.some((digest) => old.includes(digest))) return true;
  const [, pointer] = /^(.*\/(?:workflow_config|partition_map))\//.exec(path) ?? [];
  return (
    pointer !== undefined &&
    differences.some(
      (other) =>
        other.name === name &&
        other.path.startsWith(`${pointer}/`) &&
        EMPTY_DIGESTS.some((digest) => other.old?.includes(digest) === true),
    )
  );
}

function holdsEmptyValue(_: Difference, { files, old, next }: Facts): boolean {
  const texts = [
    ...Object.values(files).map((file) => Buffer.from(file).toString()),
    ...[...old, ...next].map(({ text }) => text),
  ];
  return texts.some((text) => HAS_EMPTY_VALUE.test(text));
}

/** A document that the new build did not write: the old one put pointers to empty blobs into it, and took them out. */
function isLeftAsItWas({ old = '' }: Difference, { files }: Facts): boolean {
  return (
    EMPTY_DIGESTS.some((digest) => old.includes(digest)) ||
    Object.values(files).some((file) => Buffer.from(file).toString() === old)
  );
}

/** A list with a null, or a dict with a null at a position, in a file of the input. */
function holdsNulls(_: Difference, { files }: Facts): boolean {
  return Object.values(files).some((file) =>
    /\[\s*null\b|\bnull\s*\]|\}\s*,\s*null\b|\\*"\d+\\*"\s*:\s*null\b/.test(Buffer.from(file).toString()),
  );
}

/** The migrated row is refused for its empty config, as before the migration. */
function isConfigEmpty(_: Difference, { next }: Facts): boolean {
  return next.some(({ aspect, text }) => aspect === 'stdout' && /"reasonsAfter":\s*\{[^}]*"CONFIG_EMPTY"/.test(text));
}

/** The same bytes were stored under `_`. */
function isAtNamedAddress({ name }: Difference, { differences }: Facts): boolean {
  const digest = /[0-9a-f]{64}/.exec(name)?.[0] ?? '-';
  return differences.some(
    (other) => other.change === 'removed' && other.name.includes('/_/') && other.name.includes(digest),
  );
}

function isAnswerWithoutBag(_: Difference, { next }: Facts): boolean {
  return next.some(
    ({ aspect, name, text }) =>
      aspect === 'diagnostic' && name.startsWith('write') && text.includes('"generation":"foreign"'),
  );
}
