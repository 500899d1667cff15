import { expect, it } from 'vitest'
import type { Schema } from '../api/schema.ts'
import { sensitiveNames, storageSchema, vendorOption } from './storage-form.ts'

type Option = Schema<'StorageOption'>

const option = (some: Partial<Option> & Pick<Option, 'name'>): Option => ({
  ...{ help: 'Help.', provider: '', type: 'string', default_str: '', required: false, sensitive: false },
  ...{ ispassword: false, advanced: false, exclusive: false, examples: [] },
  ...some,
})
const example = (value: string, provider = '') => ({ value, help: '', provider })
const storage: Schema<'StorageProvider'> = {
  ...{ name: 's3', prefix: 's3', description: 'S3' },
  options: [
    option({ name: 'provider', examples: [example('AWS'), example('Ceph')], exclusive: true }),
    option({ name: 'endpoint', provider: '!AWS', required: true, help: 'Endpoint.\nOf the service.' }),
    option({
      name: 'region',
      provider: 'AWS',
      examples: [example('eu', 'AWS'), example('x', 'Ceph')],
      exclusive: true,
    }),
    option({ name: 'secret_access_key', sensitive: true }),
    option({ name: 'chunk', type: 'SizeSuffix', advanced: true, default: 5 }),
  ],
}

it('has the options of a vendor only, with the values that are good there', () => {
  expect(vendorOption(storage)?.name).toBe('provider')
  expect(storageSchema(storage, 'AWS')).toEqual({
    type: 'object',
    required: [],
    properties: {
      region: { title: 'Help', type: 'string', enum: ['eu'] },
      secret_access_key: { title: 'Help', type: 'string', writeOnly: true },
      chunk: { title: 'Help', type: 'integer', 'x-advanced': true, default: 5 },
    },
  })
  expect(storageSchema(storage, 'Ceph')).toMatchObject({
    required: ['endpoint'],
    properties: { endpoint: { title: 'Endpoint', description: 'Of the service.' } },
  })
})

it('knows which values are secrets', () => {
  expect(sensitiveNames(storage)).toEqual(['secret_access_key'])
})
