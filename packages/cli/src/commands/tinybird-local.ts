import {
  type Fault as LocalFault,
  type RateLimits as LocalRateLimits,
  startTinybirdLocal,
} from '@millrace/tinybird-local'
import { type Context, exitCodes } from '../context.ts'
import { shellQuote } from '../parse-values.ts'

export type { LocalFault, LocalRateLimits }

export interface LocalRequest {
  readonly port: number
  readonly host: string
  readonly dataDir?: string
  readonly token?: string
  readonly rateLimit?: LocalRateLimits
  readonly fault?: readonly LocalFault[]
  readonly verbose?: boolean
}

/** Serves until the command is asked to stop, which is its regular end. */
export async function serveTinybirdLocal(request: LocalRequest, context: Context): Promise<number> {
  const { port, host, dataDir, token, rateLimit, fault, verbose = false } = request
  await using server = await startTinybirdLocal({
    port,
    host,
    ...(dataDir === undefined ? {} : { dataDirectory: dataDir }),
    ...(token === undefined ? {} : { token }),
    ...(rateLimit === undefined ? {} : { rateLimits: rateLimit }),
    ...(fault === undefined ? {} : { faults: fault }),
    ...(verbose ? { onRequest: (line: string) => context.err(`${line}\n`) } : {}),
  })
  const kept = dataDir === undefined ? 'in a temporary folder, and gone at the end' : `in ${dataDir}`
  context.out(
    `${[
      `A local stand-in for Tinybird, which is not Tinybird, listens at ${server.url}. Its data is ${kept}. Ctrl-C ends it.`,
      '',
      `export TB_CDK_ENDPOINT=${shellQuote(server.url)}`,
      `export TB_CDK_TOKEN=${shellQuote(server.token)}`,
      '',
      `ClickHouse's own HTTP interface to the same data: ${server.clickhouseUrl} (user "default", the token as password)`,
    ].join('\n')}\n`,
  )
  const { signal } = context
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  return exitCodes.done
}
