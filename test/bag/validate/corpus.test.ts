import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectSchema } from '../../../src/bag/validate/detect-schema.js';
import { validateStateBag } from '../../../src/bag/validate/state-bag.js';
import { validateAgainst } from '../../../src/bag/validate/validate-against.js';

interface Sample {
  readonly file: string;
  readonly bag: Readonly<Record<string, unknown>>;
}

function readBags(folder: string): Sample[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json') && !/[A-Z]{4}/.test(file));
  return files.sort().map((file) => {
    return { file, bag: unwrap(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Wrapped) };
  });
}

type Wrapped = Readonly<Record<string, unknown>> & { readonly state_data?: Wrapped; readonly bag?: Wrapped };

function unwrap(document: Wrapped): Sample['bag'] {
  const inner = document.state_data ?? document.bag;
  return inner === undefined ? document : unwrap(inner);
}

const corpus = process.env.STATEBAG_CORPUS;

// Recorded bags are not part of the project; whoever has a corpus names its folder.
if (corpus !== undefined) {
  describe('recorded old bags', () => {
    it.each(readBags(join(corpus, 'bags')))('are accepted as fat and refused as lean, the fat members named: $file', ({ bag }) => {
      expect(validateAgainst('state-bag.fat', bag)).toEqual([]);
      const refused = validateStateBag(bag).filter(({ keyword }) => keyword === 'not');
      const inline = ['workflow_config', 'partition_map', '_is_init', '_status', 'manifest_id'].filter((name) => name in bag);
      expect(refused.map(({ member }) => member)).toEqual(inline);
      expect(detectSchema(bag)).toBe('workflow_config' in bag || 'partition_map' in bag ? 'state-bag.fat' : 'state-bag.v2');
    });
  });

  describe('recorded bags of later eras', () => {
    it.each(readBags(join(corpus, 'new-era')))('are no lean bags, with reasons: $file', ({ bag }) => {
      const members = validateStateBag(bag).map(({ member }) => member);
      expect(members).toContain('state_bag_version');
      expect(members.includes('start_time')).toBe(!('start_time' in bag));
      expect(members.includes('manifest_id')).toBe('manifest_id' in bag);
    });
  });
}
