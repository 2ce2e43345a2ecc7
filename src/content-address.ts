const DIGEST = /^[0-9a-f]{64}$/;

/**
 * The SHA-256 a content-addressed key holds: its last segment of 64 lower-case hex digits that is a whole folder
 * name, as in `workflow-configs/{owner}/{workflow}/{sha256}/config.json`; or the name of the file before its extension,
 * two folders down or further, as a layout may have it. Undefined when it holds none.
 */
export function detectDigest(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  const folders = key.split('/');
  const file = folders.pop()!;
  return folders.findLast((segment) => DIGEST.test(segment)) ?? digestOfFile(folders, file);
}

function digestOfFile(folders: readonly string[], file: string): string | undefined {
  const name = file.slice(0, 64);
  if (folders.length < 2 || !DIGEST.test(name) || (file.length > 64 && file[64] !== '.')) return undefined;
  return isLegacy(folders) ? undefined : name;
}

/**
 * `workflow-configs/{workflow}/{hash}.json` and `merkle-blocks/{workflow}/{xx}/{hash}.json`: no digests of the bytes.
 */
function isLegacy(folders: readonly string[]): boolean {
  return folders.at(-2) === 'workflow-configs' || folders.at(-3) === 'merkle-blocks';
}
