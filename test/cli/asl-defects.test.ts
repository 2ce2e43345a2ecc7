import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { InternalError } from 'statebag-shim';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

/** No input is known that shows a defect, so that two files have one of their own. */
vi.mock(import('../../src/asl/check/check-definition.js'), async (importOriginal) => {
  const actual = await importOriginal();
  return {
    ...actual,
    findingsIn: (bytes, file) => {
      if (file.startsWith('defect')) throw new InternalError('SPLICE_ORDER', `splices of ${file} overlap`);
      return actual.findingsIn(bytes, file);
    },
  };
});

describe('a defect of the tool in one file of `statebag asl`', () => {
  it.each(['check', 'patch'])(
    'is a finding of that file, and %s looks at the other files',
    async (action) => {
      const names = ['defect-1.yaml', 'defect-2.yaml', 'sound.yaml'];
      for (const name of names)
        writeFileSync(join(scratch.dir, name), 'StartAt: A\nStates:\n  A:\n    Type: Pass\n    End: true\n');
      const { code, out, err } = await statebag(scratch.dir, ['asl', action, '--json', ...names]);
      expect(code).toBe(70);
      expect(JSON.parse(out)).toMatchObject({
        documents: [
          {
            file: names[0],
            valid: false,
            issues: [{ rule: 'SPLICE_ORDER', message: 'splices of defect-1.yaml overlap' }],
          },
          {
            file: names[1],
            valid: false,
            issues: [{ rule: 'SPLICE_ORDER', message: 'splices of defect-2.yaml overlap' }],
          },
          { file: names[2], valid: true },
        ],
      });
      expect(err).toBe(
        'statebag: SPLICE_ORDER: splices of defect-1.yaml overlap\nThis is a defect of the tool. Please report it with the output of the same command under STATEBAG_DEBUG=1.\n',
      );
    },
    120_000,
  );
});
