import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { InternalError } from '../../src/errors/index.js';
import type { CheckedDocument } from '../../src/findings/checked-document.js';
import { lookAtDefinitions } from '../../src/cli/asl/look-at-definitions.js';
import { useScratch } from './terminal.js';

const scratch = useScratch();

it('a defect of the tool in one file of `statebag asl` is a finding of that file, and the others are looked at', async () => {
  const files = ['defect-1.yaml', 'defect-2.yaml', 'sound.yaml'].map((file) => {
    const path = join(scratch.dir, file);
    writeFileSync(path, 'StartAt: A\n');
    return { path, file, isNamed: true };
  });
  const look = (_: Uint8Array, { file }: { readonly file: string }): CheckedDocument => {
    if (file.startsWith('defect')) throw new InternalError('SPLICE_ORDER', `splices of ${file} overlap`);
    return { id: file, file, findings: [] };
  };
  const documents: CheckedDocument[] = [];
  const run = lookAtDefinitions(files, look, { cwd: scratch.dir } as never, (document) => {
    documents.push(document);
    return Promise.resolve();
  });
  await expect(run).rejects.toThrow('splices of defect-1.yaml overlap');
  expect(documents.map(({ file, findings }) => [file, findings.map(({ rule }) => rule)])).toEqual([
    ['defect-1.yaml', ['SPLICE_ORDER']],
    ['defect-2.yaml', ['SPLICE_ORDER']],
    ['sound.yaml', []],
  ]);
});
