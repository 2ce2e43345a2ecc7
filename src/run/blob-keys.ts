import type { Layout } from '../bag/keys.js';

const PLACEHOLDER = /\{(ownerId|workflowId|sha256|member)\}/;

/**
 * Which keys are content-addressed blobs of a layout, and where to look for them. Keys are without the store's prefix.
 */
export interface BlobKeys {
  /** Folders that hold them, each ending with `/`, none inside another; one empty text for the whole store. */
  readonly folders: readonly string[];
  /** The digest in the key of such a blob; undefined for every other key. */
  digestOf(key: string): string | undefined;
}

export function blobKeysOf(layout: Layout): BlobKeys {
  const templates = Object.values(layout);
  const patterns = templates.map(patternOf);
  return {
    folders: outermost(templates.map(folderOf)),
    digestOf: (key) =>
      patterns.map((pattern) => pattern.exec(key)?.groups?.sha256).find((digest) => digest !== undefined),
  };
}

function patternOf(template: string): RegExp {
  const parts = template.split(new RegExp(PLACEHOLDER, 'g'));
  let isNamed = false;
  const source = parts.map((part, at) => {
    if (at % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (part !== 'sha256') return '[^/]+';
    if (isNamed) return '\\k<sha256>';
    isNamed = true;
    return '(?<sha256>[0-9a-f]{64})';
  });
  return new RegExp(`^${source.join('')}$`);
}

/** The part in front of the first placeholder, up to its last slash. */
function folderOf(template: string): string {
  const fixed = template.slice(0, template.search(PLACEHOLDER));
  return fixed.slice(0, fixed.lastIndexOf('/') + 1);
}

function outermost(folders: readonly string[]): readonly string[] {
  const unique = [...new Set(folders)];
  return unique.filter((folder) => !unique.some((other) => other !== folder && folder.startsWith(other)));
}
