import { expect, it } from 'vitest'
import type { Schema } from '../api/schema.ts'
import { changesOf, fieldsOf, onTopOf } from './connector-fields.ts'

const connector: Schema<'DataConnector'> = {
  ...{ id: '1', name: 'Lake', slug: 'lake', visibility: 'private', keywords: ['raw'], etag: 'a' },
  ...{ created_by: 'ada', creation_date: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' },
  storage: {
    ...{ storage_type: 's3', source_path: 'bucket', target_path: 'lake', readonly: true },
    configuration: { type: 's3', provider: 'AWS', region: 'eu', secret_access_key: '<sensitive>', chunk_size: 5 },
    sensitive_fields: [{ name: 'secret_access_key', help: 'Secret.' }] as never,
  },
}
const before = fieldsOf(connector)

it('asks for nothing secret, and changes what was typed only', () => {
  expect(before.configuration).toEqual({ region: 'eu', chunk_size: 5 })
  expect(changesOf(before, before)).toEqual({})
  const typed = { ...before, name: 'Sea', configuration: { region: 'us' }, readonly: false }
  expect(changesOf(before, typed)).toEqual({
    name: 'Sea',
    storage: { configuration: { region: 'us', chunk_size: null }, readonly: false },
  })
  const { description: _, keywords: __, source_path: ___, ...emptied } = before
  expect(changesOf({ ...before, description: 'Old' }, emptied)).toEqual({
    ...{ description: '', keywords: [] },
    storage: { source_path: '' },
  })
})

it('puts what was typed on top of what somebody else saved', () => {
  const typed = { ...before, name: 'Sea', configuration: { region: 'us' } }
  const saved = { ...before, description: 'Of Bob', configuration: { region: 'eu', chunk_size: 5, acl: 'private' } }
  expect(onTopOf(saved, before, typed)).toEqual({
    ...saved,
    name: 'Sea',
    configuration: { region: 'us', acl: 'private' },
  })
})

it('leaves alone where published data are', () => {
  const storage = { ...connector.storage, storage_type: 'doi', configuration: { type: 'doi', doi: '10.5281/x' } }
  expect(fieldsOf({ ...connector, storage })).not.toHaveProperty('configuration')
})
