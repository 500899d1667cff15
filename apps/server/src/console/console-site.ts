import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { consoleFolder } from './console-folder.ts'
import { assetHeaders, pageHeaders } from './site-headers.ts'

/** What answers requests for the console; null for what is not its business. */
export type ConsoleSite = (request: Request) => Promise<Response | null>

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

/** Beginnings of addresses that are the API's. */
const apiPaths = /^\/(api|config_api|internal|version|metrics)(\/|$)/

/** Names of files of the console: what a built page asks for, and nothing beside its folder. */
const assetPaths = /^\/assets(\/[\w-][\w.-]*)+$/

/**
 * The console as files: every address that is not the API's is a page of it, which the browser makes. Null where it was not
 * built. It may be built anew while the server runs: pages are of the latest build, and files that went with it are not there.
 */
export function consoleSite({
  folder: given,
  isHttps,
}: {
  readonly folder: string | null
  readonly isHttps: boolean
}): ConsoleSite | null {
  const folder = consoleFolder(given)
  if (folder === null) return null
  const readPage = latestText(join(folder, 'index.html'))
  const transport: Record<string, string> = isHttps ? { 'strict-transport-security': 'max-age=31536000' } : {}

  const answer = async (request: Request): Promise<Response | null> => {
    const { pathname } = new URL(request.url)
    if ((request.method !== 'GET' && request.method !== 'HEAD') || apiPaths.test(pathname)) return null
    if (pathname.startsWith('/assets/')) {
      const type = types[extname(pathname)]
      if (type === undefined || !assetPaths.test(pathname)) return null
      const file = await readEncoded(join(folder, pathname), request.headers.get('accept-encoding') ?? '')
      if (file === null) return null
      return new Response(file.bytes, { headers: { ...assetHeaders(type), ...file.headers, ...transport } })
    }
    // Browsers name it when they open a page. Programs get what the API answers, as they always did.
    if (!request.headers.get('accept')?.includes('text/html')) return null
    const nonce = randomBytes(16).toString('base64')
    const page = (await readPage()).replaceAll('NONCE', nonce)
    return new Response(page, { headers: { ...pageHeaders(nonce), ...transport } })
  }
  return async (request) => {
    const response = await answer(request)
    if (response === null || request.method === 'GET') return response
    return new Response(null, response)
  }
}

/** What is in a file now, read when it changed; while it is away, as it is during a build, what was in it last. */
function latestText(path: string): () => Promise<string> {
  let known = { changedMs: statSync(path).mtimeMs, text: readFileSync(path, 'utf8') }
  return async () => {
    const changedMs = (await unlessMissing(stat(path)))?.mtimeMs ?? known.changedMs
    if (changedMs !== known.changedMs) {
      const text = await unlessMissing(readFile(path, 'utf8'))
      // Empty while it is being written.
      if (text !== null && text !== '') known = { changedMs, text }
    }
    return known.text
  }
}

const encodings = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const

async function readEncoded(path: string, accepted: string) {
  for (const { name, ending } of encodings) {
    if (!new RegExp(`\\b${name}\\b`).test(accepted)) continue
    const bytes = await unlessMissing(readFile(`${path}${ending}`))
    if (bytes !== null) return { bytes, headers: { 'content-encoding': name } }
  }
  const bytes = await unlessMissing(readFile(path))
  return bytes === null ? null : { bytes, headers: {} }
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | null> {
  return await reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR') return null
    throw error
  })
}
