import { type KitLogger, kitLogger } from '@millrace/core'
import {
  createTinybirdClient,
  type QueryOptions,
  type TinybirdClient,
  type TinybirdRow,
  type TinybirdScalar,
} from '@millrace/tinybird'
import type { Connector } from '../kit/connector.ts'
import { type Environment, type KitConfig, kitConfig } from './config.ts'
import { createScope, type Scope } from './scope.ts'
import type { IngestConnector } from './types.ts'

/** What the connectors of a script have in common. */
export interface IngestBase {
  readonly log: KitLogger
  readonly tinybird: TinybirdClient
  readonly scope: Scope
  shared(connector: Connector): IngestConnector
}

export interface BaseOptions {
  readonly name: string
  readonly environment: Environment
  /** Values that no line of the log may hold. */
  readonly secrets: readonly string[]
  readonly write?: (line: string) => void
}

/** @throws MissingConfiguration */
export function createBase({ name, environment, secrets, write }: BaseOptions): IngestBase {
  const config = kitConfig(environment)
  const token = config.get('TB_CDK_TOKEN')
  const tag = config.get('TB_CDK_TAG')
  const endpoint = config.get('TB_CDK_ENDPOINT', { optional: true })
  const log = kitLogger({ tag, secrets: [token, ...secrets], ...(write ? { write } : {}) })
  const tinybird = createTinybirdClient({
    token,
    tag,
    ...(endpoint === null ? {} : { endpoint }),
    onMessage: (level, message) => log[level](message),
  })
  const scope = createScope(name, log)
  return { log, tinybird, scope, shared: (connector) => shared(name, connector, { log, tinybird, scope, config }) }
}

function shared(
  name: string,
  connector: Connector,
  { log, tinybird, scope, config }: Omit<IngestBase, 'shared'> & { readonly config: KitConfig },
): IngestConnector {
  function queryTb(sql: string, options?: QueryOptions & { readonly scalar?: false }): Promise<readonly TinybirdRow[]>
  function queryTb(sql: string, options: QueryOptions & { readonly scalar: true }): Promise<TinybirdScalar>
  async function queryTb(
    sql: string,
    { scalar, ...options }: QueryOptions & { readonly scalar?: boolean } = {},
  ): Promise<readonly TinybirdRow[] | TinybirdScalar> {
    return await scope.run<readonly TinybirdRow[] | TinybirdScalar>(async () =>
      scalar ? await tinybird.query(sql, { ...options, scalar: true }) : (await tinybird.query(sql, options)).data,
    )
  }
  return {
    name,
    log,
    config,
    tinybird,
    queryTb,
    leave: (error) => scope.leave(error),
    [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose](),
  }
}
