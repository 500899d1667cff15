import { ConfigError } from '@millrace/core'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import type { IngestBase } from './base.ts'
import { CSV, checkFormat } from './formats.ts'
import { loadNothing, sendUrl } from './load-export.ts'
import type { CloudIngest, CloudReplaceOptions, IngestResult } from './types.ts'

export function createCloudIngest(base: IngestBase, connector: ObjectStoreConnector): CloudIngest {
  const { log, tinybird, scope } = base

  async function load(
    mode: 'append' | 'replace',
    bucket: string | null,
    key: string,
    dataSource: string,
    { format = CSV, signal, ...options }: CloudReplaceOptions = {},
  ): Promise<IngestResult> {
    checkFormat(format)
    const store = connector.bucket(bucket ?? undefined)
    const source = store.uri(key)
    const { found, url } = await scope.source(async () => ({
      found: await store.stat(key, signal),
      url: await store.publicUrl(key),
    }))
    if (found === null) {
      throw new ConfigError('OBJECT_NOT_FOUND', {
        message: `There is no object ${source}. Check the bucket and the key.`,
      })
    }
    const request = { dataSource, mode, format, signal, source, ...options }
    if (found.size === 0) return await loadNothing(tinybird, request, log)
    log.info(`${mode === 'append' ? 'Appending to' : 'Replacing'} ${dataSource} from ${source} as ${format}.`)
    return await sendUrl(tinybird, request, url)
  }

  return {
    ...base.shared(connector),
    connector,
    append: (bucket, key, dataSource, options) => scope.run(() => load('append', bucket, key, dataSource, options)),
    replace: (bucket, key, dataSource, options) => scope.run(() => load('replace', bucket, key, dataSource, options)),
  }
}
