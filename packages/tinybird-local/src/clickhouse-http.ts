import { clickhouseHandler } from './clickhouse/handler.ts'
import { startEngine } from './engine/engine.ts'
import { listen } from './listen.ts'
import type { ClickhouseHttp, ClickhouseHttpOptions } from './types.ts'

/**
 * Starts ClickHouse's HTTP interface over ClickHouse in process. Dispose it to stop.
 *
 * @throws ConfigError DRIVER_MISSING, DATA_DIRECTORY_IN_USE, PORT_IN_USE, ENGINE_FAILED.
 */
export async function startClickhouseHttp(options: ClickhouseHttpOptions = {}): Promise<ClickhouseHttp> {
  const { host, port, dataDirectory, user = 'default', password = '' } = options
  const engine = await startEngine(dataDirectory === undefined ? {} : { dataDirectory })
  try {
    const server = await listen(clickhouseHandler(engine, { user, password }), host, port)
    return {
      url: server.url,
      user,
      password,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await engine[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}
