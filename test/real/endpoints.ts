interface NamedEndpoint {
  readonly name: string;
  readonly url: string;
}

/**
 * Servers to test against, from `STATEBAG_TEST_S3_ENDPOINT`: `name=http://host:port`, several with commas between.
 * Throws when there is none: this suite is only run on purpose, and then an empty run would pass for a good one.
 */
export function parseEndpoints(text: string | undefined): readonly NamedEndpoint[] {
  const entries = (text ?? '').split(',').filter((entry) => entry !== '');
  if (entries.length === 0) throw new Error('STATEBAG_TEST_S3_ENDPOINT names no server; use .ci/real-servers/run.sh.');
  return entries.map((entry) => {
    const equals = entry.indexOf('=');
    if (equals < 1) throw new Error(`"${entry}" is not of the form name=http://host:port.`);
    return { name: entry.slice(0, equals), url: entry.slice(equals + 1) };
  });
}
