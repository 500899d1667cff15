import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type PlatformSettings, readPlatformSettings } from '@millrace/core'
import { findAzurite, findRadosgw, startAzurite, startRadosgw } from '@millrace/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { testConnection } from './test-connection.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const settings: PlatformSettings = { ...readPlatformSettings({ env: {} }), allowedAddresses: '127.0.0.1' }

async function attempt(configuration: Record<string, unknown>, sourcePath = '', given = settings): Promise<string> {
  try {
    await testConnection(given, configuration, sourcePath)
    return 'fine'
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code} ${message}`
  }
}

interface Seen {
  readonly url: string | undefined
  readonly method: string | undefined
  readonly headers: IncomingMessage['headers']
}

/** A server that answers one after the other; the last answer stays. */
async function serve(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const { url, method, headers } = request
    seen.push({ url, method, headers })
    answers[Math.min(seen.length, answers.length) - 1]?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const status = (code: number) => (_: IncomingMessage, response: ServerResponse) => response.writeHead(code).end()

describe.skipIf(findRadosgw() === null)('S3 on Ceph RGW', () => {
  test('a bucket is listed with its keys, and nothing else is', async () => {
    await using server = await startRadosgw()
    const bucket = await server.createBucket()
    const { endpoint, region, accessKeyId: access_key_id, secretAccessKey: secret_access_key } = server
    const right = { type: 's3', provider: 'Other', endpoint, region, access_key_id, secret_access_key }
    const other = await server.createUser()
    expect(await attempt(right, bucket)).toBe('fine')
    expect(await attempt(right, `${bucket}/a folder/with ü+*`)).toBe('fine')
    expect(await attempt(right)).toBe('fine')
    expect(await attempt(right, 'no-such-bucket')).toMatch(/STORAGE_UNREACHABLE .*404: there is no such bucket/)
    expect(await attempt({ ...right, secret_access_key: 'wrong' }, bucket)).toMatch(/403: check the credentials/)
    expect(await attempt({ ...right, access_key_id: other.accessKeyId }, bucket)).toMatch(/403/)
    const anonymous = { type: 's3', provider: 'Other', endpoint, region }
    expect(await attempt(anonymous, bucket)).toMatch(/403/)
    expect(await attempt(anonymous)).toMatch(/STORAGE_UNTESTABLE .*name it in the source path/)
    const marked = { ...right, secret_access_key: '<sensitive>' }
    expect(await attempt(marked, bucket)).toMatch(/STORAGE_UNTESTABLE .*give the values of "secret_access_key"/)
  })
})

describe.skipIf(findAzurite() === null)('Azure Blob Storage on Azurite', () => {
  test('a container is listed by key or connection string, and nothing else is', async () => {
    await using server = await startAzurite()
    const container = await server.createContainer()
    const { endpoint, account, accountKey: key, connectionString: connection_string } = server
    const right = { type: 'azureblob', account, endpoint, key }
    expect(await attempt(right, container)).toBe('fine')
    expect(await attempt(right, `${container}/a folder`)).toBe('fine')
    expect(await attempt(right)).toBe('fine')
    expect(await attempt({ type: 'azureblob', connection_string }, container)).toBe('fine')
    expect(await attempt(right, 'missing')).toMatch(/404/)
    expect(await attempt({ ...right, key: Buffer.from('wrong').toString('base64') }, container)).toMatch(/403/)
    expect(await attempt({ ...right, key: undefined, client_secret: 'x' }, container)).toMatch(/STORAGE_UNTESTABLE/)
  })
})

test('WebDAV is listed as the user', async () => {
  const server = await serve(status(207))
  const configuration = { type: 'webdav', url: `${server.url}/dav`, user: 'alice', pass: 'secret' }
  expect(await attempt(configuration, 'a folder')).toBe('fine')
  expect(server.seen).toMatchObject([
    { method: 'PROPFIND', url: '/dav/a%20folder/', headers: { depth: '1', authorization: 'Basic YWxpY2U6c2VjcmV0' } },
  ])
})

test('a web server is asked with the headers that are given', async () => {
  const server = await serve(status(200))
  const headers = 'Authorization,Bearer token,X-Other, value'
  expect(await attempt({ type: 'http', url: `${server.url}/files`, headers })).toBe('fine')
  expect(server.seen).toMatchObject([
    { method: 'GET', url: '/files/', headers: { authorization: 'Bearer token', 'x-other': 'value' } },
  ])
  const injected = { type: 'http', url: server.url, headers: 'X-A,b\r\nHost: evil' }
  expect(await attempt(injected)).toMatch(/STORAGE_INVALID/)
})

test('one failure is tried again, and two are told', async () => {
  const shaky = await serve(status(503), status(200))
  expect(await attempt({ type: 'http', url: shaky.url })).toBe('fine')
  const down = await serve(status(503))
  expect(await attempt({ type: 'http', url: down.url })).toMatch(/STORAGE_UNREACHABLE .*503: try again later/)
  expect(down.seen).toHaveLength(2)
  const cut = await serve((request) => request.socket.destroy())
  expect(await attempt({ type: 'http', url: cut.url })).toMatch(/STORAGE_UNREACHABLE .*could not be reached/)
})

test('private machines are out of reach', async () => {
  const server = await serve(status(200))
  const closed = { ...settings, allowedAddresses: null }
  const addresses = [server.url, 'http://169.254.169.254/latest', 'http://[::1]/', 'http://localhost/']
  for (const url of addresses) {
    expect(await attempt({ type: 'http', url }, '', closed)).toMatch(/OUTBOUND_REFUSED/)
    expect(await attempt({ type: 'webdav', url }, '', closed)).toMatch(/OUTBOUND_REFUSED/)
    expect(await attempt({ type: 's3', provider: 'Other', endpoint: url }, 'b', closed)).toMatch(/OUTBOUND_REFUSED/)
    expect(await attempt({ type: 'azureblob', endpoint: url, account: 'a' }, 'c', closed)).toMatch(/OUTBOUND_REFUSED/)
    expect(await attempt({ type: 'azureblob', sas_url: `${url}?sig=1` }, '', closed)).toMatch(/OUTBOUND_REFUSED/)
  }
  expect(server.seen).toEqual([])
  const shared = { type: 'polybox', provider: 'shared', public_link: `${server.url}/index.php/s/abc` }
  expect(await attempt(shared)).toMatch(/"public_link" has to look like/)
})

test('what speaks no HTTP is said not to be testable', async () => {
  for (const configuration of [
    { type: 'sftp', host: 'sftp.example.com' },
    { type: 'ftp', host: 'ftp.example.com' },
    { type: 'drive' },
    { type: 'dropbox' },
    { type: 'onedrive' },
    { type: 'protondrive', username: 'a', password: 'b' },
    { type: 'openbis', host: 'a', session_token: 'b' },
  ])
    expect(await attempt(configuration)).toMatch(/STORAGE_UNTESTABLE The connection cannot be tested from here/)
  expect(await attempt({ type: 'local' })).toMatch(/STORAGE_INVALID/)
})
