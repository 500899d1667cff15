import type { ConfigValues } from './config-schema.ts'
import { connectorDefinition } from './registry.ts'
import { resolveConfig } from './resolve-config.ts'
import type { ConsumeOptions, StreamConnector } from './stream.ts'

interface Given {
  readonly name: string
  readonly module?: string
  readonly config: ConfigValues
  readonly stream: string
  readonly count: number
  readonly options?: Pick<ConsumeOptions, 'stateDirectory'>
}

/** Pulls so many messages, says so, and holds them until it is killed. */
const { name, module, config, stream, count, options = {} }: Given = JSON.parse(process.argv[2] ?? '{}')
const { definition }: Pick<StreamConnector, 'definition'> =
  module === undefined ? { definition: await connectorDefinition(name) } : await import(module)
const connector = definition.create(resolveConfig(definition, config)) as StreamConnector
const consumer = await connector.openConsumer({ stream, ...options })
let pulled = 0
while (pulled < count) {
  pulled += (await consumer.pull({ maxMessages: count - pulled, maxBytes: 1_000_000, waitMs: 1000 })).length
}
console.log(pulled)
setInterval(() => {}, 1000)
