import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition } from '../kit/connector.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { type FilesSourceConfig, guessFormat } from './config.ts'
import { fileError } from './errors.ts'
import { folderStore } from './folder-store.ts'
import { openFolderTables, withFolderTables } from './folder-tables.ts'
import { createFilesSink } from './sink.ts'
import { openFilesSource } from './source.ts'

export interface FilesConnector extends ObjectStoreConnector {
  readonly path: string
}

export function createFilesConnector(
  definition: ConnectorDefinition & { readonly kind: 'object-store' },
  values: ConfigValues,
): FilesConnector {
  const path = String(values.path)
  const guessed = guessFormat(path)
  const config: FilesSourceConfig = {
    path,
    format: (values.format as FilesSourceConfig['format']) ?? guessed.format,
    compression: (values.compression as FilesSourceConfig['compression']) ?? guessed.compression,
    header: values.header !== false,
    allText: values.all_text === true,
  }
  return {
    definition,
    path,
    label: path,

    async testConnection() {
      if (path === '-') return { ok: true, message: 'Standard input and output are always there.' }
      try {
        const found = await stat(resolve(path.replace(/[^/]*[*?[].*$/, '') || '.'))
        return { ok: true, message: `${found.isDirectory() ? 'The folder' : 'The file'} "${path}" is there.` }
      } catch (error) {
        const known = fileError(error, path)
        return { ok: false, message: known instanceof Error ? known.message : String(known) }
      }
    },

    openSource: async (options) =>
      (await openFolderTables(config, options)) ?? (await openFilesSource(config, options)),
    openSink: async (options) => withFolderTables(createFilesSink(options), options),
    bucket: (name) => folderStore(name ?? folderOf(path)),
    async [Symbol.asyncDispose]() {},
  }
}

/** The folder of the path, or the one in which a file or a pattern lies. */
function folderOf(path: string): string {
  if (path !== '-') return path.endsWith('/') ? path : dirname(path.replace(/[*?[].*$/, '_'))
  throw new ConfigError('BUCKET_REQUIRED', {
    message: 'Standard input and output have no folder. Say which folder is meant.',
  })
}
