import { ApiError } from '@millrace/client'

export type FieldProblems = Readonly<Record<string, string>>

/** What the server refused about fields of a form, by their names. Empty when it refused the request for another reason. */
export function fieldProblems(error: Error | null): FieldProblems {
  if (!(error instanceof ApiError)) return {}
  if (error.detail === 'SLUG_TAKEN' || error.detail === 'SLUG_EMPTY') return { slug: error.message }
  if (error.detail !== 'REQUEST_INVALID') return {}
  const problems = error.message.replace(/^The request is not valid: /, '').split(/; (?=(?:body|query|path)\.)/)
  const found = problems.flatMap((problem): [string, string][] => {
    const [, name = '', at, text = ''] = /^body\.(\w+)(?:\.(\d+))?:? (.*?)\.?$/s.exec(problem) ?? []
    if (name === '') return []
    return [[name, `${at === undefined ? 'It' : `Number ${Number(at) + 1}`} ${text}.`]]
  })
  // The first problem of a field is the one to begin with.
  return Object.fromEntries(found.toReversed())
}
