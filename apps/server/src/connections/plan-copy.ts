import { isMillraceError, renderDeep, templateContext } from '@millrace/core'
import { planTransferConfig } from '@millrace/operators'
import type { Json } from '@millrace/workflow'
import type { Question, TrialAnswers, TriedConnection } from './trial.ts'

/** As a run that is started now would do it. */
export async function planCopy(
  { config, variables, mostTables }: Extract<Question, { readonly kind: 'plan' }>,
  given: Readonly<Record<string, TriedConnection>>,
): Promise<TrialAnswers['plan']> {
  const rendered = filledIn(config, variables)
  if ('problem' in rendered) return { tables: [], moreTables: 0, problems: [rendered.problem] }
  const connections = {
    get: async (name: string) => {
      const found = Object.hasOwn(given, name) ? given[name] : undefined
      if (found !== undefined) return found
      throw new Error(`The connection "${name}" was not read.`)
    },
  }
  return await planTransferConfig(rendered.config, { connections }, { mostTables })
}

function filledIn(config: Json, variables: Readonly<Record<string, Json>>) {
  const now = new Date()
  try {
    const names = templateContext({
      runId: '0',
      logicalDate: now,
      dataInterval: { start: null, end: now },
      variables: Object.entries(variables).map(([name, value]) => ({ name, value })),
    })
    return { config: renderDeep(config, names, 'The configuration') }
  } catch (error) {
    if (!isMillraceError(error)) throw error
    return { problem: { code: error.code, message: error.message, path: '' } }
  }
}
