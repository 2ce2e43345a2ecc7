import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandWorld } from './command-world.js';

/** All files below a folder of the corpus that hold one JSON document each, by their path. */
function filesOf(root: string, ...folders: string[]): Record<string, Uint8Array> {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return Object.fromEntries(
    paths.filter((path) => path.endsWith('.json')).map((path) => [path, readFileSync(join(root, path))]),
  );
}

/** A world with every document of the corpus, and all that they point to. */
export async function corpusWorld(root: string): Promise<CommandWorld> {
  const world = await CommandWorld.with({
    ...filesOf(root, 'bags', 'events', 'collisions', 'new-era', 'hazards'),
    ...hazards(root),
  });
  await storeObjects(world, root);
  return world;
}

export function corpusBuckets(root: string): readonly string[] {
  return readdirSync(join(root, 's3'));
}

async function storeObjects(world: CommandWorld, root: string): Promise<void> {
  for (const entry of readdirSync(join(root, 's3'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const [bucket = '', ...key] = path.slice(join(root, 's3').length + 1).split('/');
    await world.objects.put({ bucket, key: key.join('/') }, readFileSync(path));
  }
}

/** Raw bytes with a name of no kind; most are parts of bags, and none may change where it does not have to. */
function hazards(root: string): Record<string, Uint8Array> {
  return Object.fromEntries(
    readdirSync(join(root, 'hazards', 'raw')).map((name) => [
      join('raw', `${name}.json`),
      readFileSync(join(root, 'hazards', 'raw', name)),
    ]),
  );
}
