import { codeOf, text, textOf } from './harness.js';
import type { Harness } from './harness.js';

export function keysContract(harness: Harness): void {
  const { describe, expect, it } = harness.test;
  describe('keys', () => {
    const keys = [
      'workflows/wf/executions/owner#auto#wf#0a1b/workflow_config_17.json',
      'a%2Fb/c%23d/100%.json',
      'with space/and+plus/and  two.json',
      'ünïcödé/日本語/🙂.json',
      'emoji at the end 🙂',
      '~tilde/!bang/$dollar/&and/=eq/@at/:colon/,comma/;semi/?question/*star',
      'quote\'and"double/[square]/{curly}/<angle>/|pipe/^caret/`tick`/\\back',
      '.hidden/..dots/...',
      '__proto__',
      'constructor/prototype',
      'UPPER/lower',
    ];
    for (const key of keys) {
      it(`keeps an object under ${JSON.stringify(key)}, and lists it under that name`, async () => {
        const address = harness.fresh(key);
        await harness.objects.put(address, text(key), { ifAbsent: true });
        expect(textOf((await harness.objects.get(address)).bytes)).toBe(key);
        expect(await harness.keysUnder(address.key)).toEqual([address.key]);
        await harness.objects.delete(address);
        expect(await harness.keysUnder(address.key)).toEqual([]);
      });
    }

    it('tells keys apart that only their escapes distinguish', async () => {
      const folder = harness.fresh('').key;
      const twins = ['a/b', 'a%2Fb', 'a b', 'a+b', 'a%20b', 'a#b', 'a?b'];
      for (const key of twins) await harness.objects.put({ bucket: harness.bucket, key: folder + key }, text(key));
      for (const key of twins)
        expect(textOf((await harness.objects.get({ bucket: harness.bucket, key: folder + key })).bytes)).toBe(key);
      expect(await harness.keysUnder(folder)).toHaveLength(twins.length);
    });

    it('keeps a key of 900 bytes', async () => {
      const address = harness.fresh(`${'é'.repeat(100)}/`.repeat(4) + 'x'.repeat(90));
      expect(Buffer.byteLength(address.key)).toBeGreaterThan(890);
      await harness.objects.put(address, text('x'));
      expect(await harness.keysUnder(address.key)).toEqual([address.key]);
    });

    harness.clause('segments over 255 bytes', 'keeps a key with a segment of 600 bytes', async () => {
      const address = harness.fresh('s'.repeat(600));
      await harness.objects.put(address, text('x'));
      expect(textOf((await harness.objects.get(address)).bytes)).toBe('x');
    });

    harness.clause('keys with an empty segment', 'keeps apart keys with and without an empty segment', async () => {
      const [double, single] = [harness.fresh('owner//config.json'), harness.fresh('owner/config.json')];
      await harness.objects.put(double, text('double'));
      await harness.objects.put(single, text('single'));
      expect(await harness.keysUnder(double.key)).toEqual([double.key]);
      expect(textOf((await harness.objects.get(double)).bytes)).toBe('double');
    });

    harness.clause(
      'one key that is a folder of another',
      'keeps an object whose key is a folder of another',
      async () => {
        const outer = harness.fresh('a');
        const inner = { bucket: harness.bucket, key: `${outer.key}/b` };
        await harness.objects.put(outer, text('outer'));
        await harness.objects.put(inner, text('inner'));
        expect(await harness.keysUnder(outer.key)).toEqual([outer.key, inner.key]);
      },
    );

    harness.clause('keys with control characters', 'lists a key with a line feed under its own name', async () => {
      const address = harness.fresh('line\nfeed\u0001');
      await harness.objects.put(address, text('x'));
      expect(await harness.keysUnder(address.key.slice(0, -2))).toEqual([address.key]);
    });

    for (const odd of ['', '../escape', 'a/../../escape', 'a/./b', '..', 'nul\0byte', 'lone\ud800surrogate', LONG]) {
      it(`refuses the key ${nameKey(odd)} with KEY_INVALID, whatever is asked`, async () => {
        const address = { bucket: harness.bucket, key: odd };
        expect(await codeOf(harness.objects.get(address))).toBe('KEY_INVALID');
        expect(await codeOf(harness.objects.put(address, text('x')))).toBe('KEY_INVALID');
        expect(await codeOf(harness.objects.delete(address))).toBe('KEY_INVALID');
      });
    }

    for (const odd of ['', '..', 'a/b', 'a\\b', 'a\0']) {
      it(`refuses the bucket ${JSON.stringify(odd)} with KEY_INVALID`, async () => {
        expect(await codeOf(harness.objects.put({ bucket: odd, key: 'a' }, text('x')))).toBe('KEY_INVALID');
      });
    }
  });
}

/** One byte more than a key may have. */
const LONG = 'x'.repeat(1_025);

function nameKey(key: string): string {
  return key === LONG ? `of ${LONG.length} bytes` : JSON.stringify(key);
}
