import { createRequire } from 'node:module'
import type { ClickhouseHttp } from '@millrace/tinybird-local'

/** Whether ClickHouse can run in process here; it is an optional package. */
export function hasClickhouse(): boolean {
  try {
    createRequire(import.meta.resolve('@millrace/tinybird-local')).resolve('chdb')
    return true
  } catch {
    console.log('The tests against ClickHouse are skipped: the package "chdb" is not installed.')
    return false
  }
}

export function addressFor({ url, user, password }: ClickhouseHttp, database: string): string {
  const { host } = new URL(url)
  return `clickhouse://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}/${database}`
}

/** One statement, past the connector; the answer's text. */
export async function askServer(server: ClickhouseHttp, sql: string, format = 'TabSeparatedRaw'): Promise<string> {
  const headers = { 'X-ClickHouse-User': server.user, 'X-ClickHouse-Key': server.password }
  const response = await fetch(`${server.url}/?default_format=${format}`, { method: 'POST', headers, body: sql })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}
