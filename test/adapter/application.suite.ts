import { describe, expect, test } from 'vitest';
import type { Adapter, AdapterOptions } from './adapters.js';
import { runApplication } from './application.js';
import type { Ended } from './application.js';
import { Services } from './application-handlers.js';
import type { Call, Role } from './application-handlers.js';
import { USER_BAG, firstBag, promptFor, sent } from './application-workflow.js';
import { restOf } from './bags.js';
import type { Json } from './bags.js';

/*
 * An application of 23 segments, and a child of two. What it must leave is written here, from its definition. It leaves
 * that with nothing wrapped and with every mixture of wrapped handlers.
 */

const DOCUMENTS = { small: 'an invoice', large: 'x'.repeat(300 * 1024) };

const SIZES = ['small', 'large'] as const;

/** What Step Functions passes on, in bytes. */
export const PAYLOAD_LIMIT = 262_144;

/** One line for each segment that must run, in order. */
export const RAN = [
  'invoices 0 llm intake',
  'invoices 1 llm read',
  'invoices 2 llm check',
  'invoices 3 llm delegate',
  'invoices 4 llm invoke',
  'invoices 5 normal fork',
  'invoices 9 parallel_group',
  'invoices 6 llm left-1',
  'invoices 7 llm left-2',
  'invoices 8 llm right-1',
  'invoices 10 aggregator',
  'invoices 11 llm join',
  'invoices 12 hitp approve',
  'invoices 13 llm book',
  'invoices 14 llm audit',
  'audit 0 llm child-1',
  'audit 1 llm child-2',
  'invoices 15 llm charge',
  'invoices 16 llm distribute',
  'invoices 17 llm item-1',
  'invoices 18 llm item-2',
  'invoices 19 llm item-3',
  'invoices 20 llm checkpoint',
  'invoices 21 llm upload',
  'invoices 22 llm export',
  'invoices 23 llm notify',
  'invoices 24 hitp confirm',
  'invoices 25 llm archive',
];

/** How many notes each node found in the state. `export` and `notify` leave the state alone. */
const SEEN = {
  ...{ intake: 0, read: 1, check: 2, delegate: 3, invoke: 4, fork: 5, 'left-1': 6, 'left-2': 7, 'right-1': 6, join: 9 },
  ...{ approve: 10, book: 11, audit: 12, charge: 13, distribute: 14, 'item-1': 15, 'item-2': 15, 'item-3': 15 },
  ...{ checkpoint: 18, upload: 19, confirm: 20, archive: 21 },
};

const notes = (seen: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(seen).map(([id, count]) => [id, { says: promptFor(id), seen: count }]));

/** The bag at the end, without what it has of its program. */
const lastBag = (document: string): Json => ({
  ownerId: 'acme',
  workflowId: 'invoices',
  idempotency_key: 'acme#auto#invoices#0123456789abcdef',
  segment_to_run: 23,
  total_segments: 23,
  loop_counter: 22,
  start_time: 1769760000,
  state_history: [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25],
  bag: USER_BAG,
  current_state: {
    document,
    notes: notes(SEEN),
    bag: { note: 'a member of the state' },
    question: 24,
    answers: { 12: 'yes 0', 24: 'yes 2' },
    child: { characters: document.length, notes: notes({ 'child-1': 13, 'child-2': 14 }) },
  },
});

const plainCall: Call = async (_role, event, handler) => sent(await handler(sent(event), 'bag'));

/** Where a runner of the deployment finds its program, call by call. */
const SCHEDULES = {
  'lean runners': ['lean'],
  'fat runners': ['fat'],
  'lean and fat runners in turn': ['lean', 'fat'],
  'fat and lean runners in turn': ['fat', 'lean'],
} as const;

export type Schedule = keyof typeof SCHEDULES;

const OTHERS: Readonly<Record<Exclude<Role, 'segment' | 'inner'>, AdapterOptions>> = {
  merge: { segment: false },
  pause: { segment: false, speaks: 'bridge' },
  resume: { segment: false, speaks: 'fat' },
  child: { segment: false, speaks: 'fat' },
  finish: { segment: false },
};

/** Calls wrapped handlers, and counts those of each kind. */
function wrappedCall(open: Open, speeches: readonly ('lean' | 'fat')[], isResumeWrapped: boolean) {
  const counts: Record<string, number> = {};
  let calls = 0;
  const call: Call = async (role, event, handler) => {
    if (role === 'resume' && !isResumeWrapped) return plainCall(role, event, handler);
    const isRunner = role === 'segment' || role === 'inner';
    const options = isRunner ? { speaks: speeches[calls++ % speeches.length]! } : OTHERS[role];
    const kind = `${role} ${options.speaks ?? 'lean'}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
    const { invoke } = await open(options, role);
    const answer = (await invoke(event, (got) => handler(got, options.speaks === 'fat' ? 'bag' : 'event'))) as Json;
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(PAYLOAD_LIMIT);
    return answer;
  };
  return { call, counts };
}

/** What handlers of the application run on: adapters that share one store. */
export type Open = (options: AdapterOptions, apart: string) => Promise<Adapter>;

/** Opens the ground of one run, whose runners share these services. */
export type OpenGround = (services: Services) => Open | Promise<Open>;

interface Choice {
  readonly schedules?: readonly Schedule[];
  /** Checks what the ground knows, after a run. */
  readonly check?: () => void;
}

/** Runs the application behind the shim, with a small state and with one that is larger than a payload. */
export function applicationSuite(
  name: string,
  openGround: OpenGround,
  { schedules = ['lean runners', 'fat runners', 'lean and fat runners in turn'], check }: Choice = {},
): void {
  describe(`behind ${name}`, () => {
    describe.each(schedules)('with %s', (schedule) => {
      test.each(SIZES)('the application with a %s state ends as defined', async (size) => {
        const speeches = SCHEDULES[schedule];
        const services = new Services((...told) => call(...told));
        const { call, counts } = wrappedCall(await openGround(services), speeches, size === 'large');
        const fat = firstBag(DOCUMENTS[size]);
        const first = schedule === 'lean runners' ? await call('finish', fat, (event) => event) : fat;
        assertEnded(await runApplication(first, call, services), size);
        expect(counts).toMatchObject({ 'pause bridge': 2, 'child fat': 1, 'merge lean': 5 });
        for (const speech of speeches) expect(counts[`segment ${speech}`]).toBeGreaterThan(10);
        check?.();
      });
    });
  });
}

function assertEnded({ bag, ran }: Ended, size: keyof typeof DOCUMENTS): void {
  expect(ran).toEqual(RAN);
  expect(restOf(bag)).toEqual(lastBag(DOCUMENTS[size]));
}

/** Runs the application with nothing wrapped. */
export function plainApplicationSuite(): void {
  test.each(SIZES)('the application with nothing wrapped and a %s state ends as defined', async (size) => {
    assertEnded(await runApplication(firstBag(DOCUMENTS[size]), plainCall), size);
  });
}
