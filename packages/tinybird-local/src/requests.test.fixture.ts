import { expect } from 'vitest'
import { startTinybirdLocal, type TinybirdLocal } from './index.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they come
  readonly body: any
}

/** A local Tinybird and the requests that tests make of it. */
export async function openServer() {
  const server: TinybirdLocal = await startTinybirdLocal()

  async function call(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { authorization: `Bearer ${server.token}`, ...(init.headers as Record<string, string>) }
    const response = await fetch(`${server.url}${path}`, { method, ...init, headers })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }

  const post = (path: string, body?: RequestInit['body'], headers: Record<string, string> = {}) =>
    call('POST', path, { ...(body === undefined ? {} : { body, duplex: 'half' }), headers })

  async function create(name: string, schema: string, more = ''): Promise<void> {
    const answer = await post(`/v0/datasources?name=${name}&schema=${encodeURIComponent(schema)}${more}`)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  }

  const load = (name: string, rows: RequestInit['body'], more = '&mode=append&format=csv') =>
    post(`/v0/datasources?name=${name}${more}`, rows, { 'content-type': 'text/csv' })

  async function query(sql: string): Promise<unknown[]> {
    const { status, body } = await call('GET', `/v0/sql?q=${encodeURIComponent(`${sql} FORMAT JSONCompact`)}`)
    expect(status, JSON.stringify(body)).toBe(200)
    return body.data
  }

  async function finished(id: string): Promise<Answer['body']> {
    for (;;) {
      const { body } = await call('GET', `/v0/jobs/${id}`)
      if (body.status !== 'waiting' && body.status !== 'working') return body
    }
  }

  return { server, call, post, create, load, query, finished }
}
