import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statebag, useScratch } from '../cli/terminal.js';
import { COMPUTED } from './computed.js';
import { machineText } from './machines.js';

const scratch = useScratch();

interface Report {
  readonly documents: readonly { readonly issues?: readonly { readonly message: string }[] }[];
}

/**
 * Runs a patch over a machine: its exit code, what it left in the file, and the messages of the errors that it told.
 */
async function patched(
  text: string,
): Promise<{ readonly code: number; readonly after: string; readonly errors: readonly string[] }> {
  const path = join(scratch.dir, 'machine.asl.json');
  writeFileSync(path, text);
  const { code, out } = await statebag(scratch.dir, ['asl', 'patch', 'machine.asl.json', '--apply', '--json']);
  const findings = (JSON.parse(out) as Report).documents.flatMap((document) => document.issues ?? []);
  return { code, after: readFileSync(path, 'utf8'), errors: findings.map(({ message }) => message) };
}

describe('a value that is computed from a field', () => {
  it.each(COMPUTED.map((each) => [each.field, each.member, each.expression, each] as const))(
    'is left by a patch in %s, as %s: %s',
    async (field, member, _, { states, state, language }) => {
      const text = machineText(states, language ? { QueryLanguage: language } : {});
      const { code, after, errors } = await patched(text);
      expect(after).toBe(text);
      expect(errors).toContainEqual(
        expect.stringMatching(
          new RegExp(`^state "${state}" .*\`(?:workflow_config|partition_map|${member})\`.* in \`${field}\``),
        ) as string,
      );
      expect(code).toBe(1);
      expect((await statebag(scratch.dir, ['asl', 'check', 'machine.asl.json'])).code).toBe(1);
    },
  );
});
