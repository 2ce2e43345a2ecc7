import type { ByteValue } from '../../bag/value.js';
import type { Bag, Field } from '../../bag/bag.js';
import type { BlobReader } from '../../bag/follow.js';
import { CONFIG, CONFIG_PATH, MANIFEST_PATH, MAP, MAP_PATH } from '../../bag/members.js';
import { loadValue } from '../../bag/sources.js';
import { ConfigError, StateBagError } from '../../errors.js';
import { adviceFor } from '../advice.js';
import type { Issue } from './issue.js';

/**
 * Follows every pointer of every bag: one that leads to nothing, where it may not, or to other bytes than it says, is
 * an issue.
 */
export async function checkPointers(bags: readonly Bag<ByteValue>[], blobs: BlobReader): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  for (const bag of bags) {
    for (const [name, field] of fieldsOf(bag)) {
      const error = await follow(bag, field, blobs);
      if (error) issues.push(issueOf(error, [...bag.path, name]));
    }
  }
  return issues;
}

function issueOf({ code, message }: StateBagError, path: readonly string[]): Issue {
  const hint = adviceFor(code);
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`;
  return {
    pointer: path.map((part) => `/${part}`).join(''),
    rule: code,
    level: 'error',
    message: sentence,
    ...(hint !== undefined && { hint }),
  };
}

function fieldsOf({
  config,
  map,
  configPath,
  mapPath,
  manifestPath,
}: Bag<ByteValue>): readonly (readonly [string, Field<ByteValue>])[] {
  return [
    [CONFIG, config],
    [MAP, map],
    [CONFIG_PATH, configPath],
    [MAP_PATH, mapPath],
    [MANIFEST_PATH, manifestPath],
  ];
}

async function follow(
  bag: Bag<ByteValue>,
  field: Field<ByteValue>,
  blobs: BlobReader,
): Promise<StateBagError | undefined> {
  if (field.state !== 'pointer') return undefined;
  try {
    await loadValue(field.pointer, bag, blobs);
    return undefined;
  } catch (error) {
    if (error instanceof StateBagError && !(error instanceof ConfigError)) return error;
    throw error;
  }
}
