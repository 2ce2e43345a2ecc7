import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { VARIANTS } from '../../examples/fleet/variants/index.js';
import type { VariantName } from '../../examples/fleet/variants/index.js';
import { createStateBagShim, StateBagError } from 'statebag-shim';
import type { BlobStore } from 'statebag-shim';
import { fsBlobStore } from 'statebag-shim/fs';
import { memoryBlobStore } from 'statebag-shim/memory';
import { CONTROL } from '../bag/bag-text.js';
import { contentOf } from '../bag/blob-content.js';
import { canonicalDigest } from '../bag/canonical.js';
import { ALLOWED, BUCKET, STORE, STORE_OPTIONS, makePlace } from '../bag/place.js';
import type { Objects } from '../bag/place.js';
import { readFixtures } from '../bag/read-fixtures.js';
import { statebag } from '../cli/terminal.js';

type Json = Record<string, unknown>;

interface Case {
  readonly name: string;
  /** On one line. */
  readonly text: string;
  readonly objects: Objects;
}

const fixtures: readonly Case[] = readFixtures().map(({ name, input, objects }) => ({
  name,
  text: onOneLine(input),
  objects,
}));

const fleet: readonly Case[] = [
  ...makeFleet({
    seed: 11,
    bags: Object.keys(VARIANTS).length,
    workflows: 4,
    size: 'small',
    mix: Object.keys(VARIANTS) as VariantName[],
  }),
].map(({ name, bytes, objects }) => ({
  name,
  text: onOneLine(bytes),
  objects: Object.fromEntries(objects.map(({ bucket, key, bytes: body }) => [`${bucket}/${key}`, body])),
}));

/** A line break is white space in JSON; in a string it is escaped. */
function onOneLine(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString()
    .replaceAll(/[\r\n]/g, ' ');
}

/** Only what `JSON.parse` reads can be given to the library. */
const cases = [...fixtures, ...fleet].filter(({ text }) => isReadable(text));

function isReadable(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What a handler answers, made from the event as it got it. */
const HANDLERS: Readonly<Record<string, (event: Json) => unknown>> = {
  'its event': (event) => event,
  'its event as a bag': (event) => ({ bag: event, next_action: 'CONTINUE' }),
  'its bag': ({ state_data: bag, ...event }) => ({ bag: bag ?? event, next_action: 'CONTINUE' }),
  'a bag in a second wrapper': (event) => ({ state_data: { state_data: bagOf(event) } }),
  'a newer bag in an older one': (event) => ({
    state_data: { ...bagOf(event), state_data: { ...bagOf(event), loop_counter: 7 } },
  }),
  'a bag that lost its paths': (event) => ({
    bag: { ownerId: event.ownerId, workflowId: event.workflowId, segment_manifest_s3_path: null, current_state: {} },
  }),
  'no bag': () => ({ status: 'done' }),
  'no object': () => [1, 2],
};

function bagOf(event: Json): Json {
  return typeof event.state_data === 'object' && event.state_data !== null ? (event.state_data as Json) : event;
}

/** The event as its handler gets it, then the answer of each handler as it goes on; a code where one is refused. */
type Forms = Readonly<Record<string, unknown>>;

const EVENT = 'the event';
type Speech = 'lean' | 'fat';

async function viaLibrary({ text, objects }: Case, speaks: Speech): Promise<Forms> {
  const forms: Record<string, unknown> = {};
  for (const [name, handler] of Object.entries(HANDLERS)) {
    const store = await memoryWith(objects);
    const shim = createStateBagShim({ store, mode: 'rewrite', speaks });
    const reading = shim.read(JSON.parse(text));
    try {
      const event = await reading.runnerEvent();
      forms[EVENT] = await formOf(event, store);
      forms[name] = await formOf(await shim.write(handler(structuredClone(event) as Json), reading), store);
    } catch (error) {
      if (!(error instanceof StateBagError)) throw error;
      forms[EVENT] ??= error.code;
      forms[name] = error.code;
    }
  }
  return forms;
}

/** Objects of other buckets are left out: no reader is allowed there. */
async function memoryWith(objects: Objects): Promise<BlobStore> {
  const store = memoryBlobStore({ bucket: BUCKET, allowPrefixes: [ALLOWED] });
  for (const [address, content] of Object.entries(objects)) {
    if (!address.startsWith(`${BUCKET}/`)) continue;
    const bytes = content as Uint8Array;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await store.put({ key: address.slice(BUCKET.length + 1), bytes, sha256, addressed: false });
  }
  return store;
}

/** Several cases with one store, in one run of `adapt` and one of `seal`. */
async function viaCommands(group: readonly Case[], speaks: Speech): Promise<readonly Forms[]> {
  const { dir } = makePlace(Object.assign({}, ...group.map(({ objects }) => objects)) as Objects);
  const store = fsBlobStore({ root: `${dir}/${STORE}`, bucket: BUCKET, allowPrefixes: [ALLOWED] });
  const filter = async (args: readonly string[], lines: readonly string[]): Promise<readonly string[]> => {
    const common = ['--ndjson', ...STORE_OPTIONS, '--speaks', speaks];
    const { out } = await statebag(dir, [...args, ...common], { stdin: `${lines.join('\n')}\n` });
    return out.trimEnd().split('\n');
  };
  const events = await filter(
    ['adapt'],
    group.map(({ text }) => text),
  );
  const pairs = group.flatMap(({ text }, index) =>
    Object.values(HANDLERS).map((handler) => {
      const event = JSON.parse(events[index]!) as Json;
      return `{"event": ${text}, "result": ${JSON.stringify(handler(event))}}`;
    }),
  );
  const answers = await filter(['seal', '--with-events'], pairs);
  const names = Object.keys(HANDLERS);
  return Promise.all(
    group.map(async (_, index) => {
      const forms: Record<string, unknown> = { [EVENT]: await formOf(JSON.parse(events[index]!), store) };
      for (const [at, name] of names.entries())
        forms[name] = await formOf(JSON.parse(answers[index * names.length + at]!), store);
      return forms;
    }),
  );
}

/** A value with the digest of the content after each address, and the code where a line holds an error. */
async function formOf(value: unknown, store: BlobStore): Promise<unknown> {
  const [, code] = /^([A-Z_]+): /.exec(String((value as Json | null)?.errorMessage)) ?? [];
  return code ?? shortened(await contentOf(value, store, { digested: true }));
}

/** The members that nearly every bag of the fixtures has, as one. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  const isUsual = Object.entries(CONTROL).every(([name, usual]) => (value as Json)[name] === usual);
  const members = Object.entries(value).filter(([name]) => !isUsual || !(name in CONTROL));
  return Object.fromEntries([
    ...(isUsual ? [['(control)', 'usual'] as const] : []),
    ...members.map(([name, member]) => [name, shortened(member)] as const),
  ]);
}

/** The names of its documents begin with a number. */
function isOfFleet(name: string): boolean {
  return /^\d/.test(name);
}

/** Documents of the fleet are large: of their forms a digest is written. */
function writtenForm(name: string, form: unknown): unknown {
  return isOfFleet(name) && typeof form === 'object' ? canonicalDigest(form) : form;
}

/** Fixtures without objects share a store, and so do the documents of the fleet; others have one of their own. */
const groups: readonly (readonly Case[])[] = [
  cases.filter(({ objects }) => Object.keys(objects).length === 0),
  cases.filter((one) => isOfFleet(one.name) && Object.keys(one.objects).length > 0),
  ...cases.filter((one) => !isOfFleet(one.name) && Object.keys(one.objects).length > 0).map((one) => [one]),
];

interface Expected {
  /** Every form once. */
  readonly forms: readonly unknown[];
  /** By case, by what the handler speaks, by handler: number of the form; two where only text tells values apart. */
  readonly cases: Readonly<
    Record<string, Readonly<Record<Speech, Readonly<Record<string, number | [number, number]>>>>>
  >;
}

const FILE = new URL('../fixtures/handler-forms.json', import.meta.url);

async function allOf(
  speaks: Speech,
): Promise<ReadonlyMap<string, { readonly library: Forms; readonly command: Forms }>> {
  const all = new Map<string, { readonly library: Forms; readonly command: Forms }>();
  for (const group of groups) {
    const commands = await viaCommands(group, speaks);
    for (const [index, one] of group.entries())
      all.set(one.name, { library: await viaLibrary(one, speaks), command: commands[index]! });
  }
  return all;
}

const found = { lean: await allOf('lean'), fat: await allOf('fat') };

// `UPDATE=1` writes down what the code does now; whoever uses it reads the difference before it is committed.
if (process.env.UPDATE === '1') {
  const forms: string[] = [];
  const numberOf = (form: unknown) => {
    const text = JSON.stringify(form);
    if (!forms.includes(text)) forms.push(text);
    return forms.indexOf(text);
  };
  const numbers = (name: string, speaks: Speech) => {
    const { library, command } = found[speaks].get(name)!;
    return Object.fromEntries(
      Object.keys(library).map((handler) => {
        const [one, other] = [library, command].map((forms) => numberOf(writtenForm(name, forms[handler])));
        return [handler, one === other ? one : [one, other]];
      }),
    );
  };
  const table = Object.fromEntries(
    cases.map(({ name }) => [name, { lean: numbers(name, 'lean'), fat: numbers(name, 'fat') }]),
  );
  const lines = (list: readonly string[]) => list.map((line) => `    ${line}`).join(',\n');
  const rows = Object.entries(table).map(([name, row]) => `${JSON.stringify(name)}: ${JSON.stringify(row)}`);
  writeFileSync(FILE, `{\n  "forms": [\n${lines(forms)}\n  ],\n  "cases": {\n${lines(rows)}\n  }\n}\n`);
}

const expected = JSON.parse(readFileSync(FILE, 'utf8')) as Expected;

describe.each(['lean', 'fat'] as const)(
  'to a handler that speaks %s, bytes and objects say what is written',
  (speaks) => {
    it.each(cases.map(({ name }) => [name]))('%s', (name) => {
      const { library, command } = found[speaks].get(name)!;
      const row = expected.cases[name]![speaks];
      const wanted = (at: 0 | 1) =>
        Object.fromEntries(
          Object.entries(row).map(([handler, number]) => [
            handler,
            expected.forms[typeof number === 'number' ? number : number[at]],
          ]),
        );
      const forms = (all: Forms) =>
        Object.fromEntries(Object.entries(all).map(([handler, form]) => [handler, writtenForm(name, form)]));
      expect(forms(library)).toEqual(wanted(0));
      expect(forms(command)).toEqual(wanted(1));
    });
  },
);
