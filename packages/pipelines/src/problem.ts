import { ConfigError } from '@millrace/core'

/** Something that is wrong with what people configured. */
export interface Problem {
  /** Where: `run_frequency`, `transformations.01J….variables.table`. */
  readonly place: string
  /** Stable. */
  readonly code: string
  /** A full sentence. */
  readonly message: string
}

/** One error for all problems; with one problem, under its own code. */
export function problemsError(code: string, introduction: string, problems: readonly Problem[]): ConfigError {
  const [only] = problems
  const message =
    problems.length === 1 && only !== undefined
      ? `${introduction} (${only.place}): ${only.message}`
      : `${introduction}:\n${problems.map((problem) => `- ${problem.place}: ${problem.message}`).join('\n')}`
  return new ConfigError(problems.length === 1 && only !== undefined ? only.code : code, {
    message,
    details: { problems },
  })
}
