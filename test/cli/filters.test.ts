import { describe, expect, it } from 'vitest';
import { ODD_STATE, PROGRAMS, fatBagText } from '../runtime-proxy/bags.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

async function filter(name: 'adapt' | 'seal', lines: readonly string[], ...args: readonly string[]) {
  const { code, out, err } = await statebag(scratch.dir, [name, '--ndjson', '--store', 'store', ...args], {
    stdin: `${lines.join('\n')}\n`,
  });
  return { code, err, lines: out.trimEnd().split('\n') };
}

describe('adapt --ndjson', () => {
  it('answers every line in order, with every spelling as it was', async () => {
    const events = [0, 1, 0].map((index) => fatBagText().replace('"segment_to_run": 1', `"segment_to_run": ${index}`));
    const { code, err, lines } = await filter('adapt', [events[0]!, '', '{"plain": 1.0}', events[1]!, events[2]!]);
    expect([code, err, lines.length]).toEqual([0, '', 4]);
    expect(lines[0]).toContain(`"segment_config": ${PROGRAMS[0]!.slice(0, -1)},"added_by_statebag_shim":true}`);
    expect(lines[1]).toBe('{"plain": 1.0}');
    expect(lines[2]).toContain(`"segment_config": ${PROGRAMS[1]!.slice(0, -1)},"added_by_statebag_shim":true}`);
    expect(lines[3]).toBe(lines[0]);
    for (const at of [0, 2]) expect(lines[at]).toContain(ODD_STATE);
  });

  it('answers a line that fails with an error, goes on, and ends with 1', async () => {
    const { code, lines } = await filter('adapt', [
      'not json',
      fatBagText().replace('"segment_to_run": 1', '"segment_to_run": 9'),
      '{"ok":1}',
    ]);
    expect(code).toBe(1);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { errorType: 'BagError' },
      { errorType: 'BagError', errorMessage: expect.stringMatching(/^SEGMENT_OUT_OF_RANGE: /) as string },
      { ok: 1 },
    ]);
  });

  it('keeps an answer on one line, even if what is filled in was pretty-printed', async () => {
    const pretty = fatBagText()
      .replace('[{"type": "normal", "id": 0', '[\r{"type":\r"normal", "id": 0')
      .replace('"segment_to_run": 1', '"segment_to_run": 0');
    const { lines } = await filter('adapt', [pretty]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"segment_config": {"type": "normal", "id": 0');
  });

  it('fills the bag in for a runner that speaks fat', async () => {
    const {
      lines: [lean],
    } = await filter('seal', [fatBagText()]);
    const {
      lines: [fat],
    } = await filter('adapt', [lean!], '--speaks', 'fat', '--no-segment');
    expect(JSON.parse(fat!)).toMatchObject(JSON.parse(fatBagText()) as object);
  });
});

describe('seal', () => {
  it('makes results lean, one a line', async () => {
    const { code, lines } = await filter('seal', [`{"bag": ${fatBagText()}}`, '[1.0]', '{"status":"done"}']);
    expect(code).toBe(0);
    expect(JSON.parse(lines[0]!)).toMatchObject({ bag: { state_bag_version: 2 } });
    expect(lines.slice(1)).toEqual(['[1.0]', '{"status":"done"}']);
  });

  it('takes out what adapt put in when it knows the event', async () => {
    const {
      lines: [adapted],
    } = await filter('adapt', [fatBagText()]);
    const {
      code,
      lines: [sealed],
    } = await filter('seal', [`{"event": ${fatBagText()}, "result": ${adapted!}}`], '--with-events');
    expect(code).toBe(0);
    expect(sealed).toContain(ODD_STATE);
    for (const name of ['segment_config', 'segment_index', '"manifest_s3_path']) expect(sealed).not.toContain(name);
    expect((await filter('seal', ['{"event": {}}'], '--with-events')).lines[0]).toContain('PAIR_INVALID');
  });

  it('takes one result and its event as files, too', async () => {
    const { out, code } = await statebag(scratch.dir, ['seal', '--dry-run'], { stdin: fatBagText() });
    expect(code).toBe(0);
    expect(out).not.toContain('workflow_config"');
    const { code: missing, err } = await statebag(scratch.dir, ['seal', '-'], { stdin: '{}' });
    expect([missing, err.includes('STORE_MISSING')]).toEqual([2, true]);
  });
});
