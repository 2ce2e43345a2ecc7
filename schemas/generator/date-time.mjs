const LONG_MONTH = '(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])';
const SHORT_MONTH = '(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)';
const FEBRUARY = '02-(?:0[1-9]|1\\d|2[0-8])';
const LEAP_YEAR = '(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)';
const DATE = `(?:\\d{4}-(?:${LONG_MONTH}|${SHORT_MONTH}|${FEBRUARY})|${LEAP_YEAR}-02-29)`;
const HOUR_MINUTE = '(?:[01]\\d|2[0-3]):[0-5]\\d';

/**
 * The format `date-time` of RFC 3339 in one expression, days of the month and leap years included. The definition in
 * ajv-formats is a set of functions, which standalone code would have to `require` at run time; an expression is
 * inlined. Leap seconds are refused: no clock of a runtime writes them.
 */
export const DATE_TIME = new RegExp(`^${DATE}[Tt]${HOUR_MINUTE}:[0-5]\\d(?:\\.\\d+)?(?:[Zz]|[+-]${HOUR_MINUTE})$`);
