import { createHash } from 'node:crypto'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError } from '@millrace/core'

const sources = new Map<string, string>()
let hooked = false

/**
 * Imports the text of a module as if it stood in the working directory, so that it may import what is installed there;
 * packages that are not found there are taken from where Millrace is. Positions in errors are those of the text. The same
 * text is imported once in a process.
 *
 * @throws ConfigError `CODE_INVALID` with the line; whatever its imports and its top level throw
 */
export async function importCode(code: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 12)
  const file = join(process.cwd(), `${name.replaceAll(/[^\w.-]/g, '_')}.${hash}.millrace.mjs`)
  const { href } = pathToFileURL(file)
  if (!sources.has(href)) sources.set(href, strip(code))
  hookModules()
  try {
    return (await import(/* @vite-ignore */ href)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    const line = new RegExp(`${escapeRegExp(file)}:(\\d+)`).exec(cause.stack ?? '')?.[1]
    throw invalid(cause.message, line === undefined ? null : Number(line), cause)
  }
}

function strip(code: string): string {
  const { emitWarning } = process
  // Only that the function is new, which helps nobody here.
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(code, { mode: 'strip' })
  } catch (cause) {
    const { message, stack = '' } = cause as Error
    // The line stands in front of the stack, before an excerpt of the code.
    const line = /^[^\n]*?:(\d+)\n/.exec(stack)?.[1]
    throw invalid(message, line === undefined ? null : Number(line), cause)
  } finally {
    process.emitWarning = emitWarning
  }
}

function hookModules(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, next) {
      if (sources.has(specifier)) return { url: specifier, format: 'module', shortCircuit: true }
      if (context.parentURL === undefined || !sources.has(context.parentURL)) return next(specifier, context)
      try {
        return next(specifier, context)
      } catch (error) {
        if (/^[./]|^\w+:/.test(specifier)) throw error
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
    load(url, context, next) {
      const source = sources.get(url)
      return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true }
    },
  })
}

function invalid(reason: string, line: number | null, cause: unknown): ConfigError {
  return new ConfigError('CODE_INVALID', {
    message: `The code cannot be read${line === null ? '' : ` (line ${line})`}: ${reason.replace(/\.$/, '')}.`,
    details: { line },
    cause,
  })
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
