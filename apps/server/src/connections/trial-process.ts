import {
  asTableConnector,
  type ConfigValues,
  type Connector,
  connectorDefinition,
  formatTableName,
  parseTableName,
  previewRelation,
  redactText,
  resolveConfig,
  secretsOf,
  type TableConnector,
} from '@millrace/connectors'
import { guardConnections } from './guard-connections.ts'
import type { Question, TrialAnswers, TrialRequest, TrialResponse } from './trial.ts'

// Tries one connection and ends. It has no environment but what it needs to run, so a driver that looks for credentials by
// itself finds none of the server's.

/** Of one value of a preview. */
const maxCharacters = 1000

// The server has ended.
process.once('disconnect', () => process.exit())
process.once('message', (request: TrialRequest) => {
  void respond(request).then((response) => process.send?.(response))
})

async function respond({ connector: name, values, question, outbound }: TrialRequest): Promise<TrialResponse> {
  const guard = outbound === null ? null : guardConnections(outbound)
  let secrets: readonly string[] = []
  try {
    const definition = await connectorDefinition(name)
    secrets = secretsOf(definition.configSchema, values)
    const config: ConfigValues = resolveConfig(definition, values, outbound === null ? process.env : {})
    // A driver may look the host up by itself, and connects to an address then.
    if (typeof config.host === 'string') await guard?.admit(config.host)
    const connector = definition.create(config)
    const answer = await ask(connector, question)
    const isRefused = 'ok' in answer && !answer.ok && guard?.refusal !== undefined
    return { answer: isRefused ? { ok: false, message: guard?.refusal?.message ?? '' } : answer }
  } catch (error) {
    const { message } = guard?.refusal ?? (error instanceof Error ? error : new Error(String(error)))
    const text = redactText(message, secrets)
    return question.kind === 'test' ? { answer: { ok: false, message: text } } : { failure: text }
  }
}

async function ask(connector: Connector, question: Question): Promise<TrialAnswers[Question['kind']]> {
  switch (question.kind) {
    case 'test':
      return await connector.testConnection()
    case 'relations':
      return await listRelations(asTableConnector(connector), question.limit)
    case 'preview': {
      const source = await asTableConnector(connector).openSource()
      const relation = { kind: 'table', table: parseTableName(question.table) } as const
      const signal = new AbortController().signal
      return await previewRelation(source, relation, { limit: question.limit, maxCharacters, signal })
    }
  }
}

async function listRelations(connector: TableConnector, limit: number): Promise<TrialAnswers['relations']> {
  const source = await connector.openSource()
  const tables = await source.listTables(['*'])
  return { tables: tables.slice(0, limit).map(formatTableName), cut: tables.length > limit }
}
