import { fullFormats } from 'ajv-formats/dist/formats.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateAll } from './validate.js';

const reference = (fullFormats['date-time'] as { validate: (text: string) => boolean }).validate;

/** Whether each text is accepted as the time of a line of a journal. */
async function areAccepted(times: readonly string[]): Promise<readonly boolean[]> {
  const lines = times.map((at) => ({ kind: 'end', run: 'r', at, totals: {}, complete: true }));
  return (await validateAll('journal.v1', lines)).map((issues) => issues.length === 0);
}

const twoDigits = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
const second = fc.constantFrom('00', '07', '59', '61', '6');
const likelyDay = fc.constantFrom('00', '01', '28', '29', '30', '31', '32');
const likelyMonth = twoDigits(13);
const year = fc.constantFrom('1900', '1999', '2000', '2024', '2026', '2100', '0004', '0000', '226');
const zone = fc.constantFrom('Z', 'z', '+00:00', '-23:59', '+24:00', '+01:60', '', '+1:00');
const fraction = fc.constantFrom('', '.1', '.123456', '.', ',5');

const timestamp = fc
  .tuple(year, likelyMonth, likelyDay, fc.constantFrom('T', 't'), twoDigits(24), twoDigits(61), second, fraction, zone)
  .map(([y, mo, d, t, h, mi, s, f, z]) => `${y}-${mo}-${d}${t}${h}:${mi}:${s}${f}${z}`);

describe('the inlined date-time format', () => {
  it('agrees with ajv-formats on everything but leap seconds', async () => {
    const times = fc.array(timestamp, { minLength: 500, maxLength: 500 });
    await fc.assert(
      fc.asyncProperty(times, async (texts) => {
        const accepted = await areAccepted(texts);
        expect(texts.map((text, index) => [text, accepted[index]])).toEqual(
          texts.map((text) => [text, reference(text)]),
        );
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });

  it('accepts whatever a clock of JavaScript writes', async () => {
    const dates = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    const times = fc.array(
      dates.map((date) => date.toISOString()),
      { minLength: 100, maxLength: 100 },
    );
    await fc.assert(
      fc.asyncProperty(times, async (texts) => {
        expect(await areAccepted(texts)).toEqual(texts.map(() => true));
      }),
      { numRuns: 1, endOnFailure: true },
    );
  });

  it.each(['2024-02-29T00:00:00Z', '2000-02-29T23:59:59.999+05:30', '2026-12-31t00:00:00z'])(
    'accepts %s',
    async (text) => {
      expect(await areAccepted([text])).toEqual([true]);
    },
  );

  it.each([
    '1900-02-29T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-01-01T23:59:60Z',
    '2026-01-01 00:00:00Z',
    '2026-01-01',
    '',
  ])('refuses "%s"', async (text) => {
    expect(await areAccepted([text])).toEqual([false]);
  });
});
