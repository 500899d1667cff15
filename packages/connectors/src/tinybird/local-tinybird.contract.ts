import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTinybirdClient, type TinybirdClient } from '@millrace/tinybird'
import { startTinybirdLocal, type TinybirdLocal } from '@millrace/tinybird-local'
import type { SqlConnector } from '../kit/connector.ts'
import { definition } from './connector.ts'

/** A local Tinybird with everything that tests need around it. */
export interface LocalTinybird extends AsyncDisposable {
  readonly server: TinybirdLocal
  readonly client: TinybirdClient
  readonly connector: SqlConnector
  loadFolder(key: string): string
  /** Names of what loads have left in their folder, states of pipelines left out. */
  leftovers(): Promise<string[]>
}

export async function openLocalTinybird(): Promise<LocalTinybird> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const server = await startTinybirdLocal({})
  const { url: endpoint, token } = server
  return {
    server,
    client: createTinybirdClient({ endpoint, token }),
    connector: definition.create({ endpoint, token, folder }) as SqlConnector,
    loadFolder: (key) => join(folder, key),
    leftovers: async () => (await readdir(folder)).filter((name) => !name.startsWith('state-')),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
