import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { ConfigError } from '../../errors/index.js';
import { isValid } from '../../findings/checked-document.js';
import type { Finding } from '../../findings/finding.js';
import { locateAll } from '../../json/index.js';
import { compareSchemas } from '../../schema/compare.js';
import type { SchemaChange } from '../../schema/schema-change.js';
import type { SchemaWorld } from '../../schema/schema-world.js';
import { diskError } from '../../sources/disk.js';
import type { Inventory } from '../../sources/inventory.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';
import type { s3Options } from '../options.js';
import { shortId } from '../reporters/format.js';
import { offsetOf } from '../validation/byte-place.js';
import type { CheckReporter } from '../validation/check-sources.js';
import type { Checker } from '../validation/checker.js';
import { findSchemaName } from '../validation/schema-choice.js';
import { parseSchemaFile, readSchemaBytes } from '../validation/schema-file.js';
import { compileSchema, isApplicable } from '../validation/user-schema.js';
import { levelOf, ruleOf } from './diff-rules.js';
import type { Requirement } from './diff-rules.js';
import { judgeBags } from './judge-bags.js';
import { loadWorld } from './load-world.js';
import type { SchemaSource } from './load-world.js';

interface DiffSettings {
  /** Name, `$id` or path. */
  readonly before: string;
  readonly after: string;
  readonly requirement: Requirement;
  readonly bags: readonly string[];
  readonly s3: OptionValues<typeof s3Options>;
}

/** What came of a comparison. */
interface Compared {
  /** Documents with errors; the new schema is one. */
  readonly failed: number;
  /** Entries of the documents that the schemas are tried on; `undefined` without such. */
  readonly inventory: Inventory | undefined;
}

/**
 * What a change of a schema does: by the schemas themselves, and by the documents of a corpus when there is one. The
 * new schema is the first document of the report. Throws `ConfigError` for schemas that do not compile.
 */
export async function diffSchemas(
  { before, after, requirement, bags, s3 }: DiffSettings,
  io: CliIo,
  reporter: CheckReporter,
): Promise<Compared> {
  const [old, now] = [await readSchemaText(before, io), await readSchemaText(after, io)];
  const checkers = bags.length > 0 ? await compileBoth(old, now) : undefined;
  try {
    const worlds = [await loadWorld(old), await loadWorld(now)] as const;
    const canJudge = checkers !== undefined || (await canJudgeBags([old, now], worlds));
    const changes = compareSchemas(...worlds);
    const findings = changes.map((change) => findingOf(change, old, now, requirement, canJudge));
    const document = { id: now.file, file: now.file, findings };
    await reporter.add(document);
    const failed = isValid(document) ? 0 : 1;
    if (!checkers) return { failed, inventory: undefined };
    const [accepts, acceptsNow] = checkers;
    const judged = await judgeBags({ bags, s3, requirement, accepts, acceptsNow }, io, reporter);
    return { failed: failed + judged.failed, inventory: judged.inventory };
  } finally {
    for (const checker of checkers ?? []) await checker.close?.();
  }
}

/**
 * Whether documents can be checked by both. Each is read in a thread of its own, at the same time. Of two that are
 * refused, the old one is named.
 */
async function canJudgeBags(texts: readonly SchemaText[], worlds: readonly SchemaWorld[]): Promise<boolean> {
  const outcomes = await Promise.allSettled(texts.map((text, index) => canJudge(text, worlds[index]!)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error;
  return outcomes.every((outcome) => outcome.status === 'fulfilled' && outcome.value);
}

/** A comparison without documents takes numbers beyond 2^53, and says of another dialect that it is not compared. */
async function canJudge({ path, bytes }: SchemaText, world: SchemaWorld): Promise<boolean> {
  try {
    return await isApplicable(path, bytes, path);
  } catch (error) {
    const isUnread = error instanceof ConfigError && error.code === 'SCHEMA_UNSUPPORTED';
    if (isUnread && world.findOtherDialect() !== undefined) return false;
    throw error;
  }
}

async function compileBoth(old: SchemaText, now: SchemaText): Promise<readonly [Checker, Checker]> {
  const accepts = await compileSchema(old.path, old.bytes, old.path);
  try {
    return [accepts, await compileSchema(now.path, now.bytes, now.path)];
  } catch (error) {
    await accepts.close?.();
    throw error;
  }
}

function findingOf(
  change: SchemaChange,
  old: SchemaText,
  now: SchemaText,
  requirement: Requirement,
  canJudge: boolean,
): Finding {
  const { effect, message, pointer, side } = change;
  const text = side === 'old' ? old : now;
  return {
    ...ruleOf(effect, canJudge),
    level: levelOf(effect, requirement),
    message,
    file: text.file,
    pointer,
    ...text.placeOf(pointer),
  };
}

/** A schema with its text, so that what is said of it can be shown in it. */
interface SchemaText extends SchemaSource {
  /** As people type it. */
  readonly file: string;
  readonly schema: unknown;
  readonly bytes: Uint8Array;
  placeOf(pointer: string): { readonly line: number; readonly column: number };
}

/** By name, `$id` or path. Throws `ConfigError` `SCHEMA_NOT_FOUND` or `SCHEMA_INVALID`. */
async function readSchemaText(spec: string, { cwd }: CliIo): Promise<SchemaText> {
  const path = pathOf(spec, cwd);
  const { root, schema } = parseSchemaFile(path, await readBytes(path));
  if (root.kind() !== 'object')
    throw new ConfigError('SCHEMA_INVALID', `${path} is not a JSON Schema that can be compared: it is not an object`);
  return {
    path,
    root,
    file: shortId(path, cwd),
    schema,
    bytes: root.document.bytes,
    placeOf: (pointer) => locateAll(root.document.bytes, [offsetOf(root, pointer)])[0]!,
  };
}

function pathOf(spec: string, cwd: string): string {
  const name = findSchemaName(spec);
  return name === undefined
    ? resolve(cwd, spec)
    : createRequire(import.meta.url).resolve(`statebag-shim/schemas/${name}.json`);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readSchemaBytes(path);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError('SCHEMA_NOT_FOUND', diskError(path, cause).message, { cause });
  }
}
