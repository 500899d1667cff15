import { tmpdir } from 'node:os'
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
  type SqlConnector,
  secretsOf,
  type TableConnector,
} from '@millrace/connectors'
import { isMillraceError } from '@millrace/core'
import { type ConnectionGuard, guardConnections } from './guard-connections.ts'
import type { DatasetQuestion, Question, TrialAnswers, TrialRequest, TrialResponse } from './trial.ts'
import { watchLimits } from './trial-limits.ts'

// Tries connections once and ends. It has no environment but what it needs to run, so a driver that looks for credentials by
// itself finds none of the server's.

/** Of one value of a preview. */
const maxCharacters = 1000

// The server has ended.
process.once('disconnect', () => process.exit())
process.once('message', (request: TrialRequest) => {
  // The folder is its own, and goes with it.
  watchLimits(request.limits, tmpdir(), (message) => process.send?.(refused(request.question, message, 'TOO_LARGE')))
  void respond(request).then((response) => process.send?.(response))
})

/** What stopped the trial itself, as an answer to what was asked. */
function refused({ kind }: Question, message: string, code: string): TrialResponse {
  if (kind === 'test') return { answer: { ok: false, message } }
  if (kind === 'plan') return { answer: { tables: [], moreTables: 0, problems: [{ code, message, path: '' }] } }
  return { failure: message, code }
}

async function respond(request: TrialRequest): Promise<TrialResponse> {
  const { connections, question, outbound } = request
  const guard = outbound === null ? null : guardConnections(outbound)
  const secrets: string[] = []
  try {
    for (const { connector, values } of Object.values(connections)) {
      const { configSchema } = await connectorDefinition(connector)
      secrets.push(...secretsOf(configSchema, values))
      // A driver may look the host up by itself, and connects to an address then.
      if (typeof values.host === 'string') await guard?.admit(values.host)
    }
    const answer = await answerTo(request)
    if (question.kind === 'plan') return { answer: withoutSecrets(answer as TrialAnswers['plan'], secrets, guard) }
    const isRefused = 'ok' in answer && !answer.ok && guard?.refusal !== undefined
    return { answer: isRefused ? { ok: false, message: guard?.refusal?.message ?? '' } : answer }
  } catch (error) {
    if (question.kind === 'plan' && guard?.refusal !== undefined) return { answer: addressRefused(guard.refusal) }
    const { message } = guard?.refusal ?? (error instanceof Error ? error : new Error(String(error)))
    const text = redactText(message, secrets)
    if (question.kind === 'test') return { answer: { ok: false, message: text } }
    return { failure: text, ...(isMillraceError(error) && guard?.refusal === undefined ? { code: error.code } : {}) }
  }
}

async function answerTo({ connections, question, outbound }: TrialRequest): Promise<TrialAnswers[Question['kind']]> {
  if (question.kind === 'plan') {
    // Loads the operators, which the other questions can do without.
    const { planCopy } = await import('./plan-copy.ts')
    return await planCopy(question, connections)
  }
  const [only] = Object.values(connections)
  if (only === undefined) throw new Error('There is no connection to try.')
  const definition = await connectorDefinition(only.connector)
  const config: ConfigValues = resolveConfig(definition, only.values, outbound === null ? process.env : {})
  const connector = definition.create(config)
  if (isOfDataset(question)) {
    const { askDataset } = await import('./ask-dataset.ts')
    return await askDataset(connector, question)
  }
  return await ask(connector, question)
}

function isOfDataset(question: Question): question is DatasetQuestion {
  return question.kind === 'dataset' || question.kind === 'dataset-rows' || question.kind === 'dataset-file'
}

async function ask(
  connector: Connector,
  question: Exclude<Question, DatasetQuestion | { readonly kind: 'plan' }>,
): Promise<TrialAnswers[Question['kind']]> {
  switch (question.kind) {
    case 'test':
      return await connector.testConnection()
    case 'relations':
      return await listRelations(asTableConnector(connector), question)
    case 'columns': {
      const source = await asTableConnector(connector).openSource()
      return await source.describe({ kind: 'table', table: parseTableName(question.table) })
    }
    case 'preview': {
      const source = await asTableConnector(connector).openSource()
      const relation = { kind: 'table', table: parseTableName(question.table) } as const
      const signal = new AbortController().signal
      return await previewRelation(source, relation, { limit: question.limit, maxCharacters, signal })
    }
  }
}

async function listRelations(
  connector: TableConnector,
  { search, limit }: { readonly search: string; readonly limit: number },
): Promise<TrialAnswers['relations']> {
  const source = await connector.openSource()
  const wanted = search.toLowerCase()
  const tables = (await source.listTables(['*'])).filter((table) =>
    formatTableName(table).toLowerCase().includes(wanted),
  )
  const { kind, capabilities } = connector.definition
  const levels = kind === 'sql' && capabilities.scopes ? (connector as SqlConnector).scopes() : []
  return { tables: tables.slice(0, limit), cut: tables.length > limit, levels }
}

/** What the guard refused is told in its words: a driver tells of a lost connection instead. */
function withoutSecrets(
  plan: TrialAnswers['plan'],
  secrets: readonly string[],
  guard: ConnectionGuard | null,
): TrialAnswers['plan'] {
  if (guard?.refusal !== undefined && plan.problems.length > 0) return addressRefused(guard.refusal)
  return {
    ...plan,
    problems: plan.problems.map((problem) => ({ ...problem, message: redactText(problem.message, secrets) })),
  }
}

function addressRefused({ message }: Error): TrialAnswers['plan'] {
  return { tables: [], moreTables: 0, problems: [{ code: 'ADDRESS_REFUSED', message, path: '' }] }
}
