import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clickhouseHandler } from './clickhouse/handler.ts'
import { type Engine, startEngine } from './engine/engine.ts'
import { listen } from './listen.ts'
import { createFaults } from './tinybird/faults.ts'
import { tinybirdHandler } from './tinybird/handler.ts'
import { createJobs } from './tinybird/jobs.ts'
import { createLanes } from './tinybird/lanes.ts'
import { createRateLimiter } from './tinybird/rate-limits.ts'
import { clearStaging, type Tinybird } from './tinybird/tinybird.ts'
import type { TinybirdLocal, TinybirdLocalOptions } from './types.ts'

/** What `requests()` remembers. */
const rememberedRequests = 10_000

/**
 * Starts a local stand-in for Tinybird's API over ClickHouse in process. It is not Tinybird: it has Data
 * Sources, events, queries and jobs, and no Pipes. Dispose it to stop.
 *
 * @throws ConfigError DRIVER_MISSING, DATA_DIRECTORY_IN_USE, PORT_IN_USE, ENGINE_FAILED.
 */
export async function startTinybirdLocal(options: TinybirdLocalOptions = {}): Promise<TinybirdLocal> {
  const { dataDirectory, host, port } = options
  const engine = await startEngine(dataDirectory === undefined ? {} : { dataDirectory })
  const opened: AsyncDisposable[] = [engine]
  const close = async () => {
    for (const each of opened.reverse()) await each[Symbol.asyncDispose]()
  }
  try {
    await clearStaging(engine)
    const token = options.token ?? (await storedToken(engine))
    const tinybird: Tinybird = {
      engine,
      token,
      jobs: createJobs(),
      lanes: createLanes(),
      faults: createFaults(options.faults ?? []),
      rateLimiter: createRateLimiter(options.rateLimits ?? {}),
      limits: {
        body: options.maxBodyBytes ?? 8_000_000,
        upload: options.maxUploadBytes ?? Number.POSITIVE_INFINITY,
        events: options.maxEventsBytes ?? 10_000_000,
      },
      url: () => server.url,
    }
    const requests: { readonly method: string; readonly path: string; readonly status: number }[] = []
    const handle = tinybirdHandler(tinybird)
    const server = await listen(
      async (request, response) => {
        const started = performance.now()
        const method = request.method ?? 'GET'
        const [path = '/', search = ''] = (request.url ?? '/').split('?')
        response.once('close', () => {
          const status = response.statusCode
          requests.push({ method, path, status })
          if (requests.length > rememberedRequests) requests.shift()
          // Values of parameters may be secret.
          const names = [...new URLSearchParams(search).keys()].join('&')
          const shown = names === '' ? path : `${path}?${names}`
          options.onRequest?.(`${method} ${shown} ${status} ${Math.round(performance.now() - started)} ms`)
        })
        await handle(request, response)
      },
      host,
      port,
    )
    opened.push(server)
    const clickhouse = await listen(clickhouseHandler(engine, { user: 'default', password: token }), host)
    opened.push(clickhouse)
    return {
      url: server.url,
      token,
      clickhouseUrl: clickhouse.url,
      fault: (fault) => tinybird.faults.add(fault),
      requests: () => [...requests],
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The same data has the same token, so that what was exported once goes on working. */
async function storedToken({ directory }: Engine): Promise<string> {
  const path = join(directory, 'token')
  const stored = await readFile(path, 'utf8').catch(() => '')
  if (stored.trim() !== '') return stored.trim()
  const token = `p.local-${randomBytes(24).toString('hex')}`
  await writeFile(path, `${token}\n`, { mode: 0o600 })
  return token
}
