import type { ObjectAddress, ObjectStore } from '../../store/index.js';
import { formatS3Uri, parseS3Uri } from '../../store/index.js';
import type { DocumentSource, SourceContainer } from '../source.js';
import { objectContainer } from './object.js';

/** `s3://bucket/prefix`: every object below it. */
export class ObjectPrefixSource implements DocumentSource {
  readonly id: string;

  constructor(
    private readonly objects: ObjectStore,
    private readonly prefix: { readonly bucket: string; readonly key: string },
    /** True for objects that are no documents: the blobs of the store itself. */
    private readonly isExcluded: (address: ObjectAddress) => boolean,
  ) {
    this.id = formatS3Uri(prefix);
  }

  async *containers(signal?: AbortSignal): AsyncIterable<SourceContainer> {
    for await (const summary of this.objects.list(this.prefix.bucket, this.prefix.key, signal)) {
      const isFolderMarker = summary.key.endsWith('/') && summary.size === 0;
      if (!isFolderMarker && !this.isExcluded(summary)) yield this.at(summary);
    }
  }

  container(id: string): SourceContainer {
    return this.at(parseS3Uri(id));
  }

  private at(address: ObjectAddress): SourceContainer {
    const { bucket, key } = address;
    return objectContainer(this.objects, { bucket, key });
  }
}
