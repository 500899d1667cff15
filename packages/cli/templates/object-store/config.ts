import {
  type ConfigSchema,
  type ConfigValues,
  objectTransferProperties,
  objectTransferSettings,
  parseBucketUri,
} from '@millrace/connectors/kit'

/** Forms, documentation, validation and redaction are made from this. Name what must never be shown in `secret`. */
export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    bucket: { type: 'string', title: 'Bucket' },
    // Which objects are meant, and how they are read: the same for all stores.
    ...objectTransferProperties,
    folder: { type: 'string', title: 'Folder of the buckets', default: '.', env: ['ACME_FOLDER'] },
  },
  required: [],
  secret: [],
  order: ['bucket', ...Object.keys(objectTransferProperties), 'folder'],
}

/** `acme://bucket/key?folder=…`; secrets have no place in an address. */
export function parseUri(uri: string): ConfigValues {
  return parseBucketUri(uri, [...objectTransferSettings, 'folder'], 'acme://bucket/folder/orders.csv')
}
