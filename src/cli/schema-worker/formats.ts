import { addFormat, addKeyword, getKeyword } from '@hyperjump/json-schema/experimental';

/** Formats that the validator does not decide as their standards say. */
export function replaceFormats(): void {
  addFormat({
    id: 'https://json-schema.org/format/time',
    handler: (value: unknown) => typeof value !== 'string' || isTime(value),
  });
  acceptFutureAddresses();
}

const TIME = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d+)?(?:[zZ]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const MINUTES_A_DAY = 24 * 60;

/** RFC 3339. A leap second ends a day in UTC, whatever the offset. */
function isTime(text: string): boolean {
  const [, hour, minute, second, sign, hours = '0', minutes = '0'] = TIME.exec(text) ?? [];
  if (second !== '60') return second !== undefined;
  const offset = Number(hours) * 60 + Number(minutes);
  const utc = Number(hour) * 60 + Number(minute) + (sign === '-' ? offset : -offset);
  return (utc + MINUTES_A_DAY) % MINUTES_A_DAY === MINUTES_A_DAY - 1;
}

/** RFC 3986 has addresses of later versions, as in `http://[v1.fe]`. The validator throws when it has matched one. */
function acceptFutureAddresses(): void {
  const format = getKeyword('https://json-schema.org/keyword/draft-2020-12/format');
  addKeyword({
    ...format,
    interpret: (compiled, node, context) => {
      try {
        return format.interpret(compiled, node, context);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('Unsupported IP version')) return true;
        throw error;
      }
    },
  });
}
