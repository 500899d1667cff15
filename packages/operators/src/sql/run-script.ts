import type { Scalar, SqlConnector, SqlSession } from '@millrace/connectors'
import { inSpan, isMillraceError } from '@millrace/core'
import type { Statement } from './split-statements.ts'

export interface StatementOutcome {
  readonly line: number
  readonly verb: string
  /** Rows that it changed; null for one that reads, and where the system does not say. */
  readonly changed: number | null
  readonly durationMs: number
}

export interface ScriptResult {
  readonly statements: readonly StatementOutcome[]
  /** What the last statement that gives rows gave; null when none does. */
  readonly result: {
    readonly columns: readonly string[]
    readonly rows: readonly (readonly Scalar[])[]
    readonly cut: boolean
  } | null
}

export interface ScriptOptions {
  /** All statements in one transaction, where the system has such. */
  readonly transaction: boolean
  readonly rowLimit: number
  /** Stands before each statement, to be seen at the server. */
  readonly comment: string
  readonly signal: AbortSignal
  /** Told before each statement. */
  readonly onStatement?: (statement: Statement, index: number) => void
  /** Looks at the result before the transaction is committed; what it throws rolls everything back. */
  readonly accept?: (result: ScriptResult) => void
}

const ownTransaction = new Set(['begin', 'start', 'commit', 'rollback', 'abort'])
const reading = new Set(['select', 'with', 'values', 'show', 'table', 'from'])

/** Runs the statements in order over one connection. The first that fails ends it. */
export async function runScript(
  connector: SqlConnector,
  statements: readonly Statement[],
  options: ScriptOptions,
): Promise<ScriptResult> {
  const { signal, accept } = options
  await using opened = (await connector.openSession?.(signal)) ?? separately(connector)
  const session = traced(opened, connector.definition.name)
  const begins =
    options.transaction &&
    connector.openSession !== undefined &&
    !statements.some(({ verb }) => ownTransaction.has(verb))
  if (begins) await session.run('begin', { signal })
  try {
    const result = await runAll(session, statements, options)
    accept?.(result)
    if (begins) await session.run('commit', { signal })
    return result
  } catch (error) {
    // A lost connection rolls back by itself, and the first error is the one to tell.
    if (begins) await session.run('rollback').catch(() => {})
    throw error
  }
}

async function runAll(
  session: Pick<SqlSession, 'run'>,
  statements: readonly Statement[],
  { comment, rowLimit, signal, onStatement }: ScriptOptions,
): Promise<ScriptResult> {
  const done: StatementOutcome[] = []
  let last: ScriptResult['result'] = null
  for (const [index, statement] of statements.entries()) {
    onStatement?.(statement, index)
    const began = performance.now()
    try {
      const { changed, columns, rows, cut } = await session.run(`${comment}\n${statement.text}`, { rowLimit, signal })
      if (columns !== null) last = { columns, rows, cut }
      const durationMs = Math.round(performance.now() - began)
      done.push({ line: statement.line, verb: statement.verb, changed, durationMs })
    } catch (error) {
      signal.throwIfAborted()
      throw statements.length > 1 ? inStatement(error, statement, index, statements.length) : error
    }
  }
  return { statements: done, result: last }
}

/** The same error, that says which statement it is about. */
function inStatement(error: unknown, { line }: Statement, index: number, count: number): unknown {
  if (!isMillraceError(error)) return error
  const Kind = error.constructor as new (code: string, options: object) => Error
  return new Kind(error.code, {
    message: `Statement ${index + 1} of ${count}, on line ${line}: ${error.message}`,
    details: { ...error.details, statement: index + 1, line },
    cause: error,
  })
}

/** Each statement is a span of the task's trace, named by its verb: its text may hold values. */
function traced(session: SqlSession, system: string): Pick<SqlSession, 'run'> {
  return {
    run: (sql, options) =>
      inSpan(`${system} ${verbOf(sql)}`, { 'db.system.name': system }, async () => await session.run(sql, options)),
  }
}

function verbOf(sql: string): string {
  return /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*([a-z]+)/i.exec(sql)?.[1]?.toLowerCase() ?? ''
}

/** For a system without sessions: each statement over a connection of its own choice, and by itself. */
function separately(connector: SqlConnector): SqlSession {
  return {
    async run(sql, { rowLimit = 1000, signal } = {}) {
      if (!reading.has(verbOf(sql))) {
        const changed = await connector.execute(sql, signal)
        // Below zero: the driver does not know.
        return { changed: changed < 0 ? null : changed, columns: null, rows: [], cut: false }
      }
      const rows = await connector.query(sql, signal ? { signal } : {})
      return {
        changed: null,
        columns: Object.keys(rows[0] ?? {}),
        rows: rows.slice(0, rowLimit).map((row) => Object.values(row)),
        cut: rows.length > rowLimit,
      }
    },
    async [Symbol.asyncDispose]() {},
  }
}
