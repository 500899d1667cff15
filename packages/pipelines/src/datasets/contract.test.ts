import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnector, type ObjectStoreConnector } from '@millrace/connectors'
import { expect, test } from 'vitest'
import {
  type ContractParts,
  createContract,
  createDatasetContract,
  environmentBucket,
  environmentStore,
  nextContract,
  nextState,
  previousContract,
  previousState,
  readConstant,
} from '../index.ts'

const parts: ContractParts = {
  ...{ environment: 'dev', branch: 'fine-feature-branch', parent: 'Acme', child: 'Wonder_Drug', state: 'ingest' },
  bucket: environmentBucket('dev', 'ichain'),
}

test('C1: dev, branch fine-feature-branch, Acme, Wonder_Drug, ingest', () => {
  expect(createContract(parts).uri).toBe('s3://ichain-dev/fine-feature-branch/acme/wonder_drug/ingest/')
  expect(createDatasetContract({ ...parts, dataset: 'Sales.v1' }).uri).toBe(
    's3://ichain-dev/fine-feature-branch/acme/wonder_drug/ingest/Sales.v1',
  )
  const { parent, child, ...rest } = parts
  expect(createContract({ ...rest, client: 'Acme', brand: 'Wonder_Drug' })).toEqual(createContract(parts))
})

test.each([
  ['C2: master in dev is rejected', { branch: 'master' }, 'BRANCH_NOT_ALLOWED'],
  ['branches of other environments in dev', { branch: 'PROD' }, 'BRANCH_NOT_ALLOWED'],
  ['an environment that there is not', { environment: 'staging' }, 'ENVIRONMENT_UNKNOWN'],
  ['a state that there is not', { state: 'done' }, 'STATE_UNKNOWN'],
  ['a slash in a part', { branch: 'feature/x' }, 'CONTRACT_PART_INVALID'],
  ['an empty part', { parent: '' }, 'CONTRACT_PART_INVALID'],
  ['a way out of the folder', { child: '..' }, 'CONTRACT_PART_INVALID'],
  ['two names that differ', { client: 'other' }, 'CONTRACT_PART_INVALID'],
  ['a bucket with a dash at its end', { bucket: 'acme-' }, 'BUCKET_NAME_INVALID'],
  ['a bucket in upper case', { bucket: 'Acme' }, 'BUCKET_NAME_INVALID'],
  ['a bucket with a dash before a dot', { bucket: 'a-.b' }, 'BUCKET_NAME_INVALID'],
])('refused: %s', (_, change, code) => {
  expect(() => createContract({ ...parts, ...change })).toThrow(expect.objectContaining({ code }))
})

test('master is a branch like any other outside of dev', () => {
  expect(createContract({ ...parts, environment: 'prod', branch: 'prod' }).key).toBe('prod/acme/wonder_drug/ingest/')
})

test('C3: previous(raw) = null, next(dimensional) = null, next(ingest) = master', () => {
  expect([previousState('raw'), nextState('dimensional'), nextState('ingest')]).toEqual([null, null, 'master'])
  expect(nextContract(createContract(parts))?.uri).toBe('s3://ichain-dev/fine-feature-branch/acme/wonder_drug/master/')
  expect(previousContract(createContract(parts))?.state).toBe('raw')
  expect(previousContract(createContract({ ...parts, state: 'raw' }))).toBeNull()
})

test('constants come from variables, then from what is computed, then from YAML', async () => {
  const yaml = 'REGION: eu\nBUCKET_PREFIX: acme\n'
  const sources = { env: {}, yaml, folder: import.meta.dirname }
  expect(await readConstant('REGION', sources)).toBe('eu')
  expect(await readConstant('ENV_BUCKET', sources)).toBe('acme-dev')
  expect(await readConstant('BRANCH_NAME', { ...sources, env: { ENVIRONMENT: 'uat' } })).toBe('uat')
  const env = { ICHAIN_ENVIRONMENT: 'prod', ENVIRONMENT: 'uat', ICHAIN_REGION: 'us', ICHAIN_BUCKET_PREFIX: 'ichain' }
  const prefixed = { env, yaml, prefix: 'ICHAIN_' }
  expect(await readConstant('ENV_BUCKET', prefixed)).toBe('ichain-prod')
  expect(await readConstant('REGION', prefixed)).toBe('us')
  await expect(readConstant('NOTHING', prefixed)).rejects.toMatchObject({ code: 'CONSTANT_UNKNOWN' })
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  try {
    await expect(readConstant('BRANCH_NAME', { env: { GIT_CEILING: '' }, folder })).rejects.toMatchObject({
      code: 'BRANCH_UNKNOWN',
      message: expect.stringContaining('MILLRACE_BRANCH_NAME'),
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('the bucket of another environment is refused', async () => {
  const s3 = async (bucket?: string) =>
    (await createConnector('s3', {
      ...{ access_key_id: 'a', secret_access_key: 'b', region: 'eu-west-1' },
      ...(bucket === undefined ? {} : { bucket }),
    })) as ObjectStoreConnector
  await using prod = await s3('ichain-prod')
  const dev = { environment: 'dev', bucketPrefix: 'ichain' } as const
  expect(() => environmentStore(prod, dev)).toThrow(expect.objectContaining({ code: 'BUCKET_OF_OTHER_ENVIRONMENT' }))
  expect(environmentStore(prod, { ...dev, environment: 'prod' }).store.bucket).toBe('ichain-prod')
  await using unnamed = await s3()
  expect(environmentStore(unnamed, dev).store.bucket).toBe('ichain-dev')
})
