import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
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

/** The console as files: every address that is not the API's is a page of it, which the browser makes. Null where it was not built. */
export function consoleSite({
  folder: given,
  isHttps,
}: {
  readonly folder: string | null
  readonly isHttps: boolean
}): ConsoleSite | null {
  const folder = consoleFolder(given)
  if (folder === null) return null
  const page = readFileSync(join(folder, 'index.html'), 'utf8')
  const files = new Set(
    readdirSync(join(folder, 'assets'), { recursive: true }).map(
      (name) => `/assets/${String(name).split(sep).join('/')}`,
    ),
  )
  const transport: Record<string, string> = isHttps ? { 'strict-transport-security': 'max-age=31536000' } : {}

  const answer = async (request: Request): Promise<Response | null> => {
    const { pathname } = new URL(request.url)
    if ((request.method !== 'GET' && request.method !== 'HEAD') || apiPaths.test(pathname)) return null
    if (pathname.startsWith('/assets/')) {
      const type = types[extname(pathname)]
      if (type === undefined || !files.has(pathname)) return null
      const encoding = encodingFor(request, pathname, files)
      const bytes = await readFile(join(folder, `${pathname}${encoding.ending}`))
      return new Response(bytes, { headers: { ...assetHeaders(type), ...encoding.headers, ...transport } })
    }
    // Browsers name it when they open a page. Programs get what the API answers, as they always did.
    if (!request.headers.get('accept')?.includes('text/html')) return null
    const nonce = randomBytes(16).toString('base64')
    return new Response(page.replaceAll('NONCE', nonce), { headers: { ...pageHeaders(nonce), ...transport } })
  }
  return async (request) => {
    const response = await answer(request)
    if (response === null || request.method === 'GET') return response
    return new Response(null, response)
  }
}

function encodingFor(request: Request, path: string, files: ReadonlySet<string>) {
  const accepted = request.headers.get('accept-encoding') ?? ''
  for (const [name, ending] of [
    ['br', '.br'],
    ['gzip', '.gz'],
  ] as const) {
    if (new RegExp(`\\b${name}\\b`).test(accepted) && files.has(`${path}${ending}`))
      return { ending, headers: { 'content-encoding': name } }
  }
  return { ending: '', headers: {} }
}
