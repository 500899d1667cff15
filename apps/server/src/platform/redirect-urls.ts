import { invalid } from '@millrace/http'

const projectPath = /^\/p\/[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/**
 * A former address: `/projects/…`, or one of the host that the operator named.
 *
 * @throws HttpError 422 REDIRECT_INVALID.
 */
export function checkSourceUrl(text: string, formerHost: string | null): string {
  const url = checkPlain(text, 'source')
  if (url.isPath) {
    if (/^\/projects\/./.test(text)) return text
    throw wrong(`The source "${text}" has to begin with /projects/.`)
  }
  if (url.protocol === 'https:' && formerHost !== null && url.host === formerHost.toLowerCase()) return text
  throw wrong(
    formerHost === null
      ? `The source "${text}" has to begin with /projects/. For addresses of another host, set MILLRACE_REDIRECT_HOST.`
      : `The source "${text}" has to begin with /projects/ or https://${formerHost}/.`,
  )
}

/**
 * Where to: a project by its id, or any address of the web.
 *
 * @throws HttpError 422 REDIRECT_INVALID.
 */
export function checkTargetUrl(text: string): string {
  const url = checkPlain(text, 'target')
  if (url.isPath ? projectPath.test(text) : url.protocol === 'https:') return text
  throw wrong(`The target "${text}" has to be /p/ and the id of a project, or begin with https://.`)
}

/** One spelling for each address: nothing that a browser would rewrite before it asks. */
function checkPlain(text: string, part: string) {
  const isPath = text.startsWith('/')
  const base = 'https://path.invalid'
  const url = URL.canParse(text, base) ? new URL(text, base) : null
  if (url === null || (!isPath && !/^https?:\/\//.test(text)) || (isPath && url.origin !== base)) {
    throw wrong(`The ${part} "${text}" is no address.`)
  }
  if (/[?#]/.test(text)) throw wrong(`The ${part} "${text}" must have no query and no fragment.`)
  if (url.username !== '' || url.password !== '') throw wrong(`The ${part} must hold no user and no password.`)
  const canonical = isPath ? url.pathname : url.href
  if (canonical !== text || url.pathname.includes('//') || (url.pathname.length > 1 && text.endsWith('/'))) {
    throw wrong(
      `The ${part} "${text}" is not written as browsers ask for it: write it without "..", "//" and a "/" at its end.`,
    )
  }
  return { isPath, protocol: url.protocol, host: url.host }
}

function wrong(message: string) {
  return invalid('REDIRECT_INVALID', message)
}
