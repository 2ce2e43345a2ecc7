/**
 * The project's own annotations, so that strict mode knows them and refuses a misspelt or malformed one.
 * `x-offload` says that a member's value moves to the object store, and how: the member that holds its path, the
 * folder and file name of its key, and the `usage` its metadata states. `x-max-inline-bytes` says how many bytes of
 * JSON may stay in the bag.
 */
export const ANNOTATIONS = [
  {
    keyword: 'x-offload',
    schemaType: 'object',
    metaSchema: {
      type: 'object',
      required: ['pointer', 'folder', 'file'],
      properties: {
        pointer: { type: 'string', minLength: 1 },
        folder: { type: 'string', minLength: 1 },
        file: { type: 'string', minLength: 1 },
        usage: { enum: ['reference_only'] },
      },
      additionalProperties: false,
    },
  },
  { keyword: 'x-max-inline-bytes', schemaType: 'number', metaSchema: { type: 'integer', minimum: 0 } },
];
