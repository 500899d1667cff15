import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { TinybirdClient } from '@millrace/tinybird'
import type { Sink, Target } from '../kit/sink.ts'
import type { CursorMark } from '../kit/source.ts'
import { countRows, hashRows } from './data-queries.ts'
import { asInterrupted, readJournal } from './journal.ts'
import { openTinybirdLoad } from './load.ts'
import { planDataSource } from './plan.ts'

export interface SinkOptions {
  readonly client: TinybirdClient
  /** Rows on their way, and what is left of interrupted loads. */
  readonly folder: string
  readonly maxRejectedRows: number
}

export function openTinybirdSink({ client, folder, maxRejectedRows }: SinkOptions): Sink {
  const loadFolder = (key: string) => join(folder, key)
  const statePath = (key: string) => join(folder, `state-${key}.json`)

  return {
    dialect: 'tinybird',
    concurrentLoads: true,
    provesAfterPublish: true,
    accepts: async (_columns, _dialect, target) => {
      dataSourceOf(target)
      return ['csv']
    },
    formatOptions: (options) => options,

    async plan(target, columns, _dialect, mode) {
      const name = dataSourceOf(target)
      // A name that cannot be one is not asked for.
      const found = /^\w+$/.test(name) ? await client.dataSource(name) : null
      return planDataSource(name, found, columns, mode)
    },

    async interrupted(key) {
      const journal = await readJournal(loadFolder(key))
      return journal === null ? null : asInterrupted(journal)
    },

    async readState(key): Promise<CursorMark | null> {
      try {
        return JSON.parse(await readFile(statePath(key), 'utf8')) as CursorMark
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },

    async openLoad(spec, resume) {
      const dataSource = dataSourceOf(spec.target)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const place = {
        client,
        dataSource,
        folder: loadFolder(spec.key),
        lock: join(folder, `lock-${digest(client.endpoint)}-${dataSource}`),
        maxRejectedRows,
        count: (signal?: AbortSignal) => countRows(client, dataSource, signal),
        async saveState({ key, mark }: { readonly key: string; readonly mark: CursorMark }) {
          const path = statePath(key)
          await writeFile(`${path}.part`, JSON.stringify(mark), { flush: true, mode: 0o600 })
          await rename(`${path}.part`, path)
        },
      }
      return await openTinybirdLoad(place, spec, resume)
    },

    count: (target, signal) => countRows(client, dataSourceOf(target), signal),
    contentHash: (target, columns, signal) => hashRows(client, dataSourceOf(target), columns, signal),
    async [Symbol.asyncDispose]() {},
  }
}

/** The schema of a source's table has no counterpart, so only the name counts. */
function dataSourceOf(target: Target): string {
  if (target.kind === 'table') return target.table.name
  throw new ConfigError('TABLE_REQUIRED', {
    message: 'Tinybird takes rows into a data source, not into a file. Name it with --into.',
  })
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
