import { connectorFor, type IngestFormat, type SqlIngest, withConnector } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { createTinybirdClient } from '@millrace/tinybird'
import { type Context, exitCodes } from '../context.ts'
import { setGithubOutput } from '../output/github-output.ts'

export interface QueryRequest {
  readonly sql: string
  readonly scalar?: boolean
  readonly pipe?: string
  readonly githubOutput?: string
}

export async function queryTinybird(request: QueryRequest, context: Context): Promise<number> {
  const { sql, scalar = false, pipe, githubOutput } = request
  const { TB_CDK_TOKEN: token, TB_CDK_TAG: tag = 'millrace', TB_CDK_ENDPOINT: endpoint } = process.env
  if (token === undefined) {
    throw new ConfigError('MISSING_CONFIGURATION', {
      message: 'TB_CDK_TOKEN is required. Set the environment variable TB_CDK_TOKEN.',
    })
  }
  context.secrets.add([token])
  const client = createTinybirdClient({ token, tag, ...(endpoint === undefined ? {} : { endpoint }) })
  const options = { signal: context.signal, ...(pipe === undefined ? {} : { pipe }) }
  const text = scalar
    ? String(await client.query(sql, { ...options, scalar: true }))
    : JSON.stringify((await client.query(sql, options)).data)
  context.out(`${context.secrets.mask(text)}\n`)
  if (githubOutput !== undefined) await setGithubOutput(githubOutput, text)
  return exitCodes.done
}

export interface LoadRequest {
  readonly mode: 'append' | 'replace'
  readonly dataSource: string
  readonly connector: string
  readonly query: string
  readonly format: IngestFormat
  readonly rowLimit?: number
  readonly replaceCondition?: string
  readonly allowEmpty?: boolean
}

export async function load(request: LoadRequest, context: Context): Promise<number> {
  const { mode, dataSource, connector, query, format, rowLimit, replaceCondition, allowEmpty } = request
  const environment: Readonly<Record<string, string | undefined>> = { TB_CDK_TAG: 'millrace', ...process.env }
  context.secrets.add([environment.TB_CDK_TOKEN ?? ''])
  const made = await connectorFor(connector, { environment, write: (line) => context.out(context.secrets.mask(line)) })
  await withConnector(made, async (opened) => {
    if (!('queryDb' in opened)) {
      throw new ConfigError('NOT_SUPPORTED', {
        message: `"${connector}" has no queries. Name a database; "millrace connectors list" shows which there are.`,
      })
    }
    const source = opened as SqlIngest
    const options = { format, signal: context.signal, ...(rowLimit === undefined ? {} : { rowLimit }) }
    if (mode === 'append') return await source.append(query, dataSource, options)
    return await source.replace(query, dataSource, {
      ...options,
      ...(replaceCondition ? { replaceCondition } : {}),
      ...(allowEmpty ? { allowEmpty } : {}),
    })
  })
  return exitCodes.done
}
