import { type EngineError, refusal } from '../engine/engine-error.ts'
import { isWord, nameOf, type Token, tokens } from './tokens.ts'

/** Engines and table functions that reach beyond the data: other systems, files, programs. Lower case. */
const systems =
  'kafka rabbitmq nats s3queue azurequeue redis mysql postgresql materializedmysql materializedpostgresql mongodb mongo sqlite odbc jdbc hdfs hive ytsaurus arrowflight'
const stores = 's3 s3cluster gcs oss cosn azureblobstorage azureblobstoragecluster hdfscluster url urlcluster'
const locals = 'file filecluster filelog executable executablepool filesystem disk python arrowstream catboostevaluate'
const servers = 'remote remotesecure cluster clusterallreplicas distributed backup datalakecatalog'
/** These run a text as a statement, which nobody could look at before. */
const programs = 'eval queryrunner'
const outside = new Set([systems, stores, locals, servers, programs].flatMap((names) => names.split(' ')))
/** Each comes in a dozen variants, for every store and for clusters. */
const lakes = /^(iceberg|deltalake|hudi|paimon)/
const lakeArithmetic = new Set(['iceberghash', 'icebergbucket', 'icebergtruncate'])

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
      if (engine !== undefined && isName(engine) && reachesOutside(engine)) {
        yield refuse(`The engine ${nameOf(engine)}`)
      }
    }
    const called = isName(token) && next.raw === '(' && reachesOutside(token)
    if (called && !namesTable(all, index)) yield refuse(`The function ${nameOf(token)}`)
    if (isWord(token, 'BACKUP', 'RESTORE') && index === 0) yield refuse(token.raw.toUpperCase())
  }
}

function reachesOutside(token: Token): boolean {
  const name = nameOf(token).toLowerCase()
  return outside.has(name) || (lakes.test(name) && !lakeArithmetic.has(name))
}

/** A name with a parenthesis behind it can also be a table with its columns. */
function namesTable(all: readonly Token[], index: number): boolean {
  const before = all[index - 1]
  const [first] = all
  if (isWord(before, 'INTO')) return isWord(first, 'INSERT')
  if (isWord(before, 'TABLE', 'EXISTS')) return isWord(first, 'CREATE', 'INSERT')
  return before?.raw === '.' && isWord(first, 'CREATE', 'INSERT')
}

function isName({ kind }: Token): boolean {
  return kind === 'word' || kind === 'name'
}

function refuse(what: string): EngineError {
  return refusal(497, 'ACCESS_DENIED', `${what} is refused: this server has only its own data.`)
}
