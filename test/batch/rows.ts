import { CONFIG, MAP } from '../../src/bag/members.js';
import { attributeText, parseAttribute } from '../../src/sources/dynamodb/attributes.js';
import { bagPlace } from '../../src/sources/dynamodb/bags.js';
import type { Row } from '../../src/sources/dynamodb/port.js';
import { parseS3Uri } from '../../src/store/index.js';
import { smallBag } from '../cli/fleet-dir.js';
import { sha256 } from './world.js';

/** Where and how a row keeps its bag. */
export const ROW_FORMS = ['map', 'text', 'state_data', 'nested', 'nested-text', 'dict-map'] as const;
export type RowForm = (typeof ROW_FORMS)[number];

export const OWNER = 'owner-1';

/** The row of an execution that waits for a person, with a program of its own. `size`: characters of config. */
export function pausedRow(
  name: string,
  form: RowForm = 'map',
  { token = `token-${name}`, size = 40 }: { readonly token?: string; readonly size?: number } = {},
): Row {
  const bag = smallBag({
    segment_to_run: 1,
    workflow_config: {
      id: `wf-${name}`,
      nodes: [{ id: 'a', type: 'operator', code: 'x'.repeat(size) }],
      edges: [],
      weight: 0.1,
    },
    partition_map: form === 'dict-map' ? { 0: segment(name) } : [segment(name)],
    state_history: [{ at: 1 }],
  });
  return {
    ownerId: { S: OWNER },
    conversation_id: { S: `arn:aws:states:eu-central-1:123456789012:execution:flow:${name}` },
    execution_id: { S: `arn:aws:states:eu-central-1:123456789012:execution:flow:${name}` },
    taskToken: { S: token },
    createdAt: { N: '1769760000' },
    ttl: { N: '4925432000' },
    receipt: { B: Uint8Array.from([0, 159, 146, 150]) },
    labels: { SS: ['a', 'b'] },
    ...placed(bag, form),
  };
}

function segment(name: string): unknown {
  return {
    id: 0,
    type: 'normal',
    nodes: [{ id: `a-${name}`, type: 'operator' }],
    edges: [],
    next_mode: 'end',
    default_next: null,
  };
}

function placed(bag: string, form: RowForm): Row {
  const map = parseAttribute(Buffer.from(bag));
  if (form === 'text') return { context: { S: bag } };
  if (form === 'state_data') return { context: { NULL: true }, state_data: map };
  if (form === 'nested') return { context: { M: { state_data: { M: { bag: map, next_action: { S: 'WAIT' } } } } } };
  if (form === 'nested-text') return { context: { M: { state_data: { S: bag } } } };
  return { context: map };
}

/** Rows of every form. */
export function pausedRows(count: number): Row[] {
  return Array.from({ length: count }, (_, at) => pausedRow(`e${at}`, ROW_FORMS[at % ROW_FORMS.length]));
}

export function keyOf({ ownerId, conversation_id: conversationId }: Row): Row {
  return { ownerId: ownerId!, conversation_id: conversationId! };
}

export function tokenOf({ taskToken }: Row): string {
  return (taskToken as { readonly S: string }).S;
}

/** The row as text, the same for the same row. */
export function rowText(row: Row): string {
  return attributeText({ M: row }).text;
}

/** The bag of a row as plain values, unwrapped. */
export function bagOf(row: Row): Readonly<Record<string, unknown>> {
  const { attribute } = bagPlace(row)!;
  let value = JSON.parse('S' in attribute ? attribute.S : attributeText(attribute).text) as unknown;
  for (;;) {
    const { state_data: data, bag } = value as { readonly state_data?: unknown; readonly bag?: unknown };
    const inner = data ?? bag;
    if (inner === undefined) return value as Readonly<Record<string, unknown>>;
    value = typeof inner === 'string' ? JSON.parse(inner) : inner;
  }
}

/** Reads a blob by bucket and key. */
export type ReadBlob = (address: { readonly bucket: string; readonly key: string }) => Uint8Array | undefined;

interface Pointer {
  readonly __s3_pointer__?: boolean;
  readonly bucket: string;
  readonly key: string;
}

/**
 * The program a bag leads to, as plain values: inline, behind a pointer, or behind a path. `undefined` when a pointer
 * leads nowhere.
 */
export function programOf(
  bag: Readonly<Record<string, unknown>>,
  read: ReadBlob,
): { readonly config: unknown; readonly map: unknown } | undefined {
  const resolved = [CONFIG, MAP].map((name) => valueOf(bag[name] ?? bag[`${name}_s3_path`], read));
  if (resolved.some((value) => value === undefined)) return undefined;
  return { config: resolved[0], map: resolved[1] };
}

function valueOf(value: unknown, read: ReadBlob): unknown {
  const pointer = typeof value === 'string' ? parseS3Uri(value) : (value as Pointer | undefined);
  if (typeof value !== 'string' && (pointer as Pointer | undefined)?.__s3_pointer__ !== true) return value;
  const bytes = read(pointer!);
  if (bytes === undefined || !pointer!.key.includes(`/${sha256(bytes)}/`)) return undefined;
  return JSON.parse(Buffer.from(bytes).toString()) as unknown;
}

/** True for a bag with pointers, and no program, under the old names. */
export function isBridged(bag: Readonly<Record<string, unknown>>): boolean {
  return [CONFIG, MAP].every((name) => (bag[name] as Pointer | undefined)?.__s3_pointer__ === true);
}
