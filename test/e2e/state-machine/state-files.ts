import type { ObjectStore } from '../../../src/store/object-store.js';
import { parseMembers, parseText } from './json.js';
import type { Members } from './json.js';

/** The engine's own objects beside the shim's: states too large to hand over in a payload. */
export class StateFiles {
  constructor(
    readonly objects: ObjectStore,
    readonly bucket: string,
  ) {}

  /** Resolves to the path of the object. */
  async save(key: string, state: Members): Promise<string> {
    await this.objects.put({ bucket: this.bucket, key }, Buffer.from(JSON.stringify(state)));
    return `s3://${this.bucket}/${key}`;
  }

  async load(path: unknown): Promise<Members> {
    const key = parseText(path).slice(`s3://${this.bucket}/`.length);
    const { bytes } = await this.objects.get({ bucket: this.bucket, key });
    return parseMembers(JSON.parse(Buffer.from(bytes).toString()));
  }
}
