import { z } from '@hono/zod-openapi'
import { invalid } from '@millrace/http'
import { text } from '../common-schemas.ts'
import {
  checkConfiguration,
  mergeConfiguration,
  type StorageConfiguration,
  sensitiveOptions,
  withoutSensitiveValues,
} from './configuration.ts'
import { presentOption, storageOptionSchema } from './rclone-schema.ts'
import { storageAtUrl } from './storage-url.ts'

/** Where data lies and where it is mounted; no value in it is sensitive. */
export interface Storage {
  readonly storageType: string
  readonly configuration: StorageConfiguration
  /** Bucket, container or folder, and the path in it. */
  readonly sourcePath: string
  readonly targetPath: string
  readonly readonly: boolean
}

const path = text(2000).refine((value) => !value.split('/').includes('..'), 'must not hold ".."')
/** Values are texts, numbers, booleans or, for `Tristate`, objects; null is as if it were not there. */
export const configurationInput = z
  .record(z.string(), z.unknown())
  // Without dots: such names would set what is not of the storage but of the program that mounts it.
  .refine(
    (values) => Object.keys(values).every((name) => /^[\w-]{1,100}$/.test(name)),
    'must have names of options that consist of letters, digits, "_" and "-"',
  )
  .refine((values) => Object.keys(values).length <= 100, 'must not have more than 100 options')
  .openapi({ example: { type: 's3', provider: 'AWS', region: 'eu-central-1' } })

const fields = {
  storage_type: z.string().max(100),
  configuration: configurationInput,
  storage_url: text(2000).openapi({
    description: 'Instead of configuration and source path.',
    example: 's3://bucket/path',
  }),
  source_path: path,
  target_path: path.min(1),
  readonly: z.boolean(),
}

/** Fields of a body that makes a storage. */
export const newStorageFields = {
  storage_type: fields.storage_type.optional(),
  configuration: fields.configuration.optional(),
  storage_url: fields.storage_url.optional(),
  source_path: fields.source_path.optional(),
  target_path: fields.target_path,
  readonly: fields.readonly.default(true),
}

/** Fields of a body that changes a storage: what is missing stays. */
export const storageChangeFields = {
  ...newStorageFields,
  target_path: fields.target_path.optional(),
  readonly: fields.readonly.optional(),
}

export interface StorageChange {
  readonly storage_type?: string | undefined
  readonly configuration?: Readonly<Record<string, unknown>> | undefined
  readonly storage_url?: string | undefined
  readonly source_path?: string | undefined
  readonly target_path?: string | undefined
  readonly readonly?: boolean | undefined
}

export interface NewStorage extends StorageChange {
  readonly target_path: string
  readonly readonly: boolean
}

/** @throws HttpError 422 STORAGE_INVALID, STORAGE_URL_INVALID */
export function newStorage(input: NewStorage): Storage {
  if ((input.configuration === undefined) === (input.storage_url === undefined)) {
    throw invalid('STORAGE_INVALID', 'Give either the "configuration" of the storage or its "storage_url".')
  }
  const empty = { storageType: '', configuration: {}, sourcePath: '', targetPath: '', readonly: true }
  return changedStorage(empty, input)
}

/** Options that are given replace former ones, null takes one away. @throws as `newStorage` */
export function changedStorage(before: Storage, input: StorageChange): Storage {
  const { storage_url, source_path, storage_type } = input
  if (storage_url !== undefined && (input.configuration !== undefined || source_path !== undefined)) {
    throw invalid('STORAGE_INVALID', 'The "storage_url" stands for "configuration" and "source_path": give it alone.')
  }
  const atUrl = storage_url === undefined ? null : storageAtUrl(storage_url)
  const given = atUrl?.configuration ?? mergeConfiguration(before.configuration, input.configuration ?? {})
  const configuration = withoutSensitiveValues(checkConfiguration(given))
  const storageType = String(configuration.type)
  if (storage_type !== undefined && storage_type !== storageType) {
    throw invalid(
      'STORAGE_INVALID',
      `"storage_type" is ${storage_type}, but the type in the configuration ${storageType}.`,
    )
  }
  return {
    storageType,
    configuration,
    sourcePath: atUrl?.sourcePath ?? source_path ?? before.sourcePath,
    targetPath: input.target_path ?? before.targetPath,
    readonly: input.readonly ?? before.readonly,
  }
}

export const storageFields = {
  storage_type: z.string(),
  configuration: z.record(z.string(), z.unknown()),
  source_path: z.string(),
  target_path: z.string(),
  readonly: z.boolean(),
}

export const sensitiveFields = z
  .array(storageOptionSchema)
  .openapi({ description: 'Options that each user has to give values for.' })

export function presentStorage({ storageType, configuration, sourcePath, targetPath, readonly }: Storage) {
  return {
    storage_type: storageType,
    configuration: { ...configuration },
    source_path: sourcePath,
    target_path: targetPath,
    readonly,
  }
}

export function presentSensitive(configuration: StorageConfiguration): z.input<typeof storageOptionSchema>[] {
  return sensitiveOptions(configuration).map(presentOption)
}
