import { type EngineError, refusal } from '../engine/engine-error.ts'
import { isWord, nameOf, type Token, tokens } from './tokens.ts'

/** Engines and table functions that reach beyond the data: other systems, files, programs. Lower case. */
const systems =
  'kafka rabbitmq nats s3queue azurequeue redis mysql postgresql materializedmysql materializedpostgresql mongodb mongo sqlite odbc jdbc hdfs hive ytsaurus arrowflight'
const stores =
  's3 s3cluster gcs oss cosn azureblobstorage azureblobstoragecluster hdfscluster iceberg iceberglocal icebergs3 icebergazure deltalake deltalakelocal deltalakes3 hudi paimon url urlcluster'
const locals = 'file filecluster filelog executable executablepool filesystem disk python'
const servers = 'remote remotesecure cluster clusterallreplicas distributed backup datalakecatalog'
const outside = new Set([systems, stores, locals, servers].flatMap((names) => names.split(' ')))

/**
 * Refuses several statements at once, and those that reach outside, before ClickHouse sees them: a failed CREATE of some of these
 * engines makes the data directory impossible to open again.
 *
 * @throws EngineError
 */
export function refuseOutside(sql: string): void {
  const [error] = findOutside([...tokens(sql)])
  if (error !== undefined) throw error
}

function* findOutside(all: readonly Token[]): Generator<EngineError> {
  for (const [index, token] of all.entries()) {
    const [next, after] = [all[index + 1], all[index + 2]]
    if (next === undefined) return
    if (token.raw === ';')
      yield refusal(62, 'SYNTAX_ERROR', 'Several statements at once are refused: send one a request.')
    if (isWord(token, 'SOURCE') && next.raw === '(' && after !== undefined && !isWord(after, 'CLICKHOUSE', 'NULL')) {
      yield refuse(`The dictionary source ${nameOf(after)}`)
    }
    if (isWord(token, 'INTO') && isWord(next, 'OUTFILE')) yield refuse('INTO OUTFILE')
    if (isWord(token, 'FROM') && isWord(next, 'INFILE')) yield refuse('FROM INFILE')
    if (isWord(token, 'ENGINE')) {
      const engine = next.raw === '=' ? after : next
      if (engine !== undefined && isName(engine) && outside.has(nameOf(engine).toLowerCase())) {
        yield refuse(`The engine ${nameOf(engine)}`)
      }
    }
    const called = isName(token) && next.raw === '(' && outside.has(nameOf(token).toLowerCase())
    if (called && standsForRows(all, index)) yield refuse(`The table function ${nameOf(token)}`)
    if (isWord(token, 'BACKUP', 'RESTORE') && index === 0) yield refuse(token.raw.toUpperCase())
  }
}

/** A name with a parenthesis behind it can also be a new table, with its columns. */
function standsForRows(all: readonly Token[], index: number): boolean {
  const before = all[index - 1]
  if (isWord(before, 'TABLE')) return isWord(all[0], 'DESCRIBE', 'DESC')
  if (isWord(before, 'FROM', 'JOIN', 'FUNCTION', 'IN', 'AS', 'DESCRIBE', 'DESC')) return true
  return before?.kind === 'symbol' && '=,('.includes(before.raw)
}

function isName({ kind }: Token): boolean {
  return kind === 'word' || kind === 'name'
}

function refuse(what: string): EngineError {
  return refusal(497, 'ACCESS_DENIED', `${what} is refused: this server has only its own data.`)
}
