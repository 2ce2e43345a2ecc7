import { isStandard, namesSchemas, pointerOf, referencesIn } from './references.js';
import { isSchema, isSchemaObject, subschemas } from './schema-object.js';
import type { Schema, SchemaObject } from './schema-object.js';

/** A file or published schema, with the absolute address that it was read from. */
export interface SchemaDocument {
  readonly address: string;
  readonly schema: Schema;
}

/** A schema at its place in a document. */
export interface Located {
  readonly document: SchemaDocument;
  /** JSON pointer (RFC 6901) from the root of the document. */
  readonly pointer: string;
  readonly schema: Schema;
  /** What its references are relative to; `undefined` when an `$id` on the way is not an address. */
  readonly base: string | undefined;
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Keywords whose values are examples of documents: a `$schema` in them is a member of a document. */
const DATA = new Set(['const', 'default', 'enum', 'examples']);

/** Everything that the references of one schema may lead to. */
export class SchemaWorld {
  /** By address, and by address with anchor; `undefined` for one that two schemas have. */
  private readonly known = new Map<string, Located | undefined>();
  private readonly bases = new Map<string, string | undefined>();
  /** What the references of a document lead to, by their place; `undefined` for what is not an address. */
  private readonly leads = new Map<SchemaDocument, Map<string, string | undefined>>();
  /** Schemas that are written for another dialect than JSON Schema 2020-12. */
  private readonly others: { readonly document: SchemaDocument; readonly pointer: string }[] = [];

  constructor(readonly root: SchemaDocument) {
    this.add(root);
  }

  /** The first document of an address is kept. */
  add(document: SchemaDocument): void {
    if (this.known.has(document.address)) return;
    this.leads.set(document, new Map());
    this.register(document.address, { document, pointer: '', schema: document.schema, base: document.address });
    this.visit({ document, pointer: '', schema: document.schema, base: document.address });
  }

  /** Addresses that are referred to and not at hand. */
  missing(): readonly string[] {
    const addresses = [...this.leads.values()].flatMap((leads) => [...leads.values()]);
    return [...new Set(addresses)].filter(
      (address): address is string => address !== undefined && !this.known.has(address) && !isStandard(address),
    );
  }

  /** What a reference at a place leads to; `undefined` when that is not at hand or not certain. */
  resolve(base: string | undefined, reference: string): Located | undefined {
    const href = resolveAddress(reference, base);
    if (href === undefined) return undefined;
    const [address, fragment] = splitAddress(href);
    const resource = this.known.get(address);
    if (!resource) return undefined;
    if (fragment === '') return this.withBase(resource);
    return fragment.startsWith('/') ? this.atPointer(resource, fragment) : this.known.get(`${address}#${fragment}`);
  }

  /**
   * Where a schema of another dialect is first found, as a place in the root; `undefined` when all are of JSON Schema
   * 2020-12.
   */
  findOtherDialect(): string | undefined {
    const [first] = this.others;
    return first && (first.document === this.root ? first.pointer : '');
  }

  baseAt(document: SchemaDocument, pointer: string): string | undefined {
    return this.bases.get(placeIn(document, pointer));
  }

  /** True when both roots, and all that they refer to, are the same text. */
  isIdentical(other: SchemaWorld, isSameText: (one: Schema, two: Schema) => boolean): boolean {
    const pairs: (readonly [SchemaDocument, SchemaDocument])[] = [[this.root, other.root]];
    const seen = new Set<string>();
    for (const [mine, others] of pairs) {
      const key = `${mine.address}\n${others.address}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (!isSameText(mine.schema, others.schema)) return false;
      for (const [place, address] of this.leads.get(mine) ?? []) {
        const address2 = other.leads.get(others)?.get(place);
        if (address === address2 && address !== undefined && isStandard(address)) continue;
        const [target, target2] = [this.documentAt(address), other.documentAt(address2)];
        if (!target || !target2) return false;
        pairs.push([target, target2]);
      }
    }
    return true;
  }

  private documentAt(address: string | undefined): SchemaDocument | undefined {
    return address === undefined ? undefined : this.known.get(address)?.document;
  }

  private withBase(located: Located): Located {
    return { ...located, base: this.baseAt(located.document, located.pointer) };
  }

  private register(address: string, located: Located): void {
    const known = this.known.get(address);
    const isNew =
      !this.known.has(address) || (known?.document === located.document && known.pointer === located.pointer);
    this.known.set(address, isNew ? located : undefined);
  }

  private visit({ document, pointer, schema, base: outer }: Located): void {
    const base = isSchemaObject(schema) ? baseOf(schema, outer) : outer;
    const located = { document, pointer, schema, base };
    this.bases.set(placeIn(document, pointer), base);
    if (!isSchemaObject(schema)) return;
    if (base !== undefined) {
      if (schema.$id !== undefined) this.register(base, located);
      const names = new Set([schema.$anchor, schema.$dynamicAnchor].filter((name) => typeof name === 'string'));
      for (const name of names) this.register(`${base}#${name}`, located);
    }
    this.recordReferences(located, schema);
    for (const [keyword, value] of Object.entries(schema))
      for (const { path, schema: inner } of subschemas(keyword, value))
        this.visit({ document, pointer: pointer + pointerOf(path), schema: inner, base });
  }

  /** Under every keyword: a `$ref` may lead to any value, and validators of older drafts follow it there. */
  private recordReferences({ document, pointer, base }: Located, schema: SchemaObject): void {
    if (!isKnownDialect(schema)) this.others.push({ document, pointer });
    const leads = this.leads.get(document)!;
    for (const [keyword, value] of Object.entries(schema)) {
      // Schemas are visited, each with a base of its own.
      if (subschemas(keyword, value).length > 0) continue;
      for (const { place, keyword: name, reference, isMoved } of referencesIn({ [keyword]: value }, pointer)) {
        const href = isMoved ? undefined : resolveAddress(reference, base);
        leads.set(place, href === undefined ? undefined : splitAddress(href)[0]);
        const isInSchema = name === '$schema' && !DATA.has(keyword);
        if (isInSchema && !isKnownDialect({ $schema: reference })) this.others.push({ document, pointer });
      }
    }
  }

  /** A pointer that crosses into a schema with an `$id` of its own is read differently by validators. */
  private atPointer({ document, pointer: start, schema }: Located, fragment: string): Located | undefined {
    let [value, pointer]: [unknown, string] = [schema, start];
    const base = this.baseAt(document, start);
    for (const token of fragment.split('/').slice(1)) {
      if (this.bases.has(placeIn(document, pointer)) && this.baseAt(document, pointer) !== base) return undefined;
      const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[name];
      pointer += pointerOf([name]);
    }
    if (!isSchema(value)) return undefined;
    if (!this.bases.has(placeIn(document, pointer))) {
      if (namesSchemas(value)) return undefined;
      this.visit({ document, pointer, schema: value, base });
    }
    return { document, pointer, schema: value, base: this.baseAt(document, pointer) };
  }
}

/** True for a schema of JSON Schema 2020-12, which is what is compared. */
function isKnownDialect(schema: Schema): boolean {
  const dialect = isSchemaObject(schema) ? schema.$schema : undefined;
  return dialect === undefined || dialect === DIALECT || dialect === `${DIALECT}#`;
}

function placeIn({ address }: SchemaDocument, pointer: string): string {
  return `${address}#${pointer}`;
}

/** What references of a schema are relative to. */
function baseOf({ $id }: SchemaObject, outer: string | undefined): string | undefined {
  if ($id === undefined) return outer;
  const href = typeof $id === 'string' ? resolveAddress($id, outer) : undefined;
  if (href === undefined) return undefined;
  const [address, fragment] = splitAddress(href);
  return fragment === '' ? address : undefined;
}

function resolveAddress(reference: string, base: string | undefined): string | undefined {
  try {
    const { href } = new URL(reference, base);
    const hash = href.indexOf('#');
    return hash < 0 ? href : href.slice(0, hash + 1) + decodeURIComponent(href.slice(hash + 1));
  } catch {
    // What is not an address leads to nothing that is known.
    return undefined;
  }
}

function splitAddress(href: string): readonly [address: string, fragment: string] {
  const hash = href.indexOf('#');
  return hash < 0 ? [href, ''] : [href.slice(0, hash), href.slice(hash + 1)];
}
