import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface FakeGitHost extends AsyncDisposable {
  readonly url: string
  /** Requests for what a repository is, with the token they came with. */
  readonly asked: { readonly path: string; readonly token: string | undefined }[]
  /** Makes an empty repository that git itself serves; a private one demands a sign-in, which nobody has. */
  addRepository(path: string, options?: { readonly private?: boolean }): Promise<void>
  /** What the provider says of a repository to holders of the token; null: to everybody. */
  describe(path: string, token: string | null, answer: unknown): void
  /** Every answer of the provider from now on. */
  failWith(status: number | null): void
}

/** A provider of repositories named fake: git's own server for what is cloned, and descriptions as GitLab and GitHub give them. */
export async function startFakeGitHost(): Promise<FakeGitHost> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-git-host-'))
  const isPrivate = new Set<string>()
  const descriptions: { path: string; token: string | null; answer: unknown }[] = []
  const asked: { path: string; token: string | undefined }[] = []
  let failure: number | null = null

  const describeOne = (path: string, request: IncomingMessage, response: ServerResponse) => {
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1]
    asked.push({ path, token })
    if (failure !== null) return response.writeHead(failure).end()
    const found = descriptions.find((one) => one.path === path && (one.token === null || one.token === token))
    if (found === undefined) return response.writeHead(404).end()
    const etag = `W/"${Buffer.from(JSON.stringify(found.answer)).toString('base64url').slice(-16)}"`
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end()
    return response.writeHead(200, { etag, 'content-type': 'application/json' }).end(JSON.stringify(found.answer))
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://fake')
    const described = /^\/api\/v4\/projects\/(.+)$/.exec(pathname) ?? /^\/api\/v3\/repos\/(.+)$/.exec(pathname)
    const repository = [...isPrivate].find((path) => pathname.startsWith(`/${path}`))
    if (pathname === '/oauth/token' || pathname === '/login/oauth/access_token') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ access_token: 'the-token', token_type: 'bearer', expires_in: 7200 }))
    } else if (described) describeOne(decodeURIComponent(described[1] ?? ''), request, response)
    else if (repository !== undefined) response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
    else if (pathname === '/a/page/info/refs') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
    else runGit(folder, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async addRepository(path, options) {
      await mkdir(join(folder, path), { recursive: true })
      await promisify(execFile)('git', ['init', '--quiet', '--bare', join(folder, path)])
      if (options?.private) isPrivate.add(path)
    },
    describe: (path, token, answer) => descriptions.push({ path, token, answer }),
    failWith(status) {
      failure = status
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As CGI says: the program's headers, an empty line, and the body. */
function runGit(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://fake')
  const git = spawn('git', ['http-backend'], {
    env: {
      ...{ PATH: process.env.PATH, GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: '1', REQUEST_METHOD: 'GET' },
      ...{ PATH_INFO: decodeURIComponent(pathname), QUERY_STRING: search.slice(1) },
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const chunks: Buffer[] = []
  git.stdout.on('data', (chunk) => chunks.push(chunk))
  git.on('close', () => {
    const bytes = Buffer.concat(chunks)
    const end = bytes.indexOf('\r\n\r\n')
    const headers = bytes
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
    const status = Number.parseInt(headers.find(([name]) => name === 'Status')?.[1] ?? '200', 10)
    response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')))
    response.end(bytes.subarray(end + 4))
  })
}
