const DIGEST = /^[0-9a-f]{64}$/;

/**
 * The SHA-256 a content-addressed key holds: its last segment of 64 lower-case hex digits that is a whole folder
 * name, as in `workflow-configs/{owner}/{workflow}/{sha256}/config.json`. Undefined when it holds none.
 */
export function detectDigest(key: string | undefined): string | undefined {
  return key
    ?.split('/')
    .slice(0, -1)
    .findLast((segment) => DIGEST.test(segment));
}
