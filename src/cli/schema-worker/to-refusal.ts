import { InvalidSchemaError } from '@hyperjump/json-schema/draft-2020-12';
import { ConfigError, messageOf } from '../../errors/index.js';
import { describeFaults } from '../../validate/issues.js';
import { NO_ADVICE } from '../../validate/issue.js';
import { listFaults } from './faults.js';
import type { BrokenRule } from './faults.js';
import { DIALECT, OtherDialect } from './prepare.js';
import { Refusal } from './refusal.js';
import type { RefusalCode } from './refusal.js';

/** What a schema is refused for, whatever was thrown while it was read. */
export function toRefusal(error: unknown): Refusal {
  const causes = listCauses(error);
  for (const cause of causes) {
    if (cause instanceof Refusal) return cause;
    if (cause instanceof ConfigError) return new Refusal(cause.code as RefusalCode, cause.message);
    if (cause instanceof OtherDialect) return refuseDialect(cause.dialect);
    if (cause instanceof InvalidSchemaError) return describeInvalid(cause);
    if (cause instanceof RangeError) return new Refusal('SCHEMA_UNSUPPORTED', TOO_DEEP);
    if (cause instanceof Error && cause.name === 'UnsupportedUriSchemeError') return refuseRemote(messageOf(error));
  }
  return new Refusal('SCHEMA_INVALID', `the schema is not a JSON Schema (2020-12): ${causes.map(messageOf).join(' ')}`);
}

const TOO_DEEP = 'the schema nests too deeply, or applies itself to the same value without an end';

function listCauses(error: unknown): readonly unknown[] {
  return error instanceof Error && error.cause !== undefined ? [error, ...listCauses(error.cause)] : [error];
}

function refuseDialect(dialect: string): Refusal {
  return new Refusal(
    'SCHEMA_UNSUPPORTED',
    `the schema is written for ${dialect}; only JSON Schema 2020-12 is read here (${DIALECT})`,
  );
}

/** For an address that would have to be fetched. */
export function refuseRemote(address: string): Refusal {
  return new Refusal(
    'SCHEMA_REMOTE',
    `the schema refers to ${address}, which would have to be fetched; put a copy next to it and refer to that`,
  );
}

/** The first broken rule of the meta-schema, with its place in the schema. */
function describeInvalid({ output }: InvalidSchemaError): Refusal {
  const faults = listFaults((output as unknown as { readonly errors: readonly BrokenRule[] }).errors);
  const [issue] = describeFaults(undefined, faults, NO_ADVICE);
  const rule =
    issue === undefined ? '' : `: the value at "${issue.pointer}" breaks the rule \`${issue.keyword}\` for schemas`;
  return new Refusal('SCHEMA_INVALID', `the schema is not a JSON Schema (2020-12)${rule}`);
}
