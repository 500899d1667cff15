import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ConsoleSite, consoleSite } from './console-site.ts'

let folder: string
let site: ConsoleSite

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-site-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(
    join(folder, 'index.html'),
    '<meta property="csp-nonce" nonce="NONCE"><script nonce="NONCE"></script>',
  )
  await writeFile(join(folder, 'secret.txt'), 'not for everybody')
  await writeFile(join(folder, 'assets/app-1.js'), 'let it = 1')
  await writeFile(join(folder, 'assets/app-1.js.gz'), gzipSync('let it = 1'))
  const found = consoleSite({ folder, isHttps: true })
  if (found === null) throw new Error('The site was not found.')
  site = found
})
afterAll(async () => await rm(folder, { recursive: true, force: true }))

const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  await site(new Request(`https://millrace.test${path}`, { method, headers }))
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

it('answers browsers at every address that is not the API with the page, which runs nothing but its own files', async () => {
  for (const path of ['/', '/runs/12', '/projects/crew/flights/members?page=2', '/apis']) {
    const page = await ask(path, browser)
    expect(page?.status, path).toBe(200)
    expect(page?.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page?.headers.get('cache-control')).toBe('no-store')
    expect(page?.headers.get('strict-transport-security')).toMatch(/max-age/)
    const policy = page?.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[^']+';/)
    expect(policy).toMatch(/frame-ancestors 'none'/)
    expect(policy).not.toMatch(/unsafe/)
  }
})

it('has another nonce in each answer, the same in the page as in its policy', async () => {
  const [one, other] = await Promise.all([ask('/', browser), ask('/', browser)])
  const nonceOf = (page: typeof one) => /'nonce-([^']+)'/.exec(page?.headers.get('content-security-policy') ?? '')?.[1]
  expect(nonceOf(one)).not.toBe(nonceOf(other))
  const text = await one?.text()
  expect(text?.split(`nonce="${nonceOf(one)}"`)).toHaveLength(3)
  expect(text).not.toContain('NONCE')
})

it('leaves the API, programs and changes alone', async () => {
  for (const path of [
    '/api/runs',
    '/api/data/nothing',
    '/version',
    '/metrics',
    '/config_api/index',
    '/internal/x',
    '/api',
  ])
    expect(await ask(path, browser), path).toBeNull()
  expect(await ask('/')).toBeNull()
  expect(await ask('/', { accept: 'application/json' })).toBeNull()
  expect(await ask('/', browser, 'POST')).toBeNull()
})

it('gives files out for good, compressed to those who take that, and nothing beside them', async () => {
  const plain = await ask('/assets/app-1.js')
  expect(await plain?.text()).toBe('let it = 1')
  expect(plain?.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(plain?.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  const small = await ask('/assets/app-1.js', { 'accept-encoding': 'gzip, br' })
  expect(small?.headers.get('content-encoding')).toBe('gzip')
  const head = await ask('/assets/app-1.js', {}, 'HEAD')
  expect([head?.status, await head?.text()]).toEqual([200, ''])
  for (const path of [
    '/assets/gone-2.js',
    '/assets/%2e%2e/secret.txt',
    '/assets/..%2fsecret.txt',
    '/assets/app-1.js.gz',
  ])
    expect(
      await ask(path, browser).then(
        (answer) => answer?.headers.get('content-type') === 'text/html; charset=utf-8' || answer === null,
      ),
      path,
    ).toBe(true)
})

it('serves what is built anew beneath it, and meanwhile the page of before', async () => {
  const page = async () => await (await ask('/runs', browser))?.text()
  const index = join(folder, 'index.html')
  const before = await page()
  await rm(join(folder, 'assets/app-1.js'))
  await rm(join(folder, 'assets/app-1.js.gz'))
  await rm(index)
  expect((await page())?.replaceAll(/nonce="[^"]*"/g, '')).toBe(before?.replaceAll(/nonce="[^"]*"/g, ''))
  expect(await ask('/assets/app-1.js')).toBeNull()
  await writeFile(join(folder, 'assets/app-2.js'), 'let it = 2')
  await writeFile(index, '<p>built anew</p>')
  // Whatever the clock of files counts in.
  await utimes(index, new Date(), new Date(Date.now() + 5000))
  expect(await page()).toBe('<p>built anew</p>')
  expect(await (await ask('/assets/app-2.js', { 'accept-encoding': 'br' }))?.text()).toBe('let it = 2')
})

it('is not there where the console was not built', () => {
  expect(consoleSite({ folder: join(folder, 'assets'), isHttps: false })).toBeNull()
})
