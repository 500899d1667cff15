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
  const file = `${name.replaceAll(/[^\w.-]/g, '_')}.ts`
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16)
  // An address of data is left alone by tools that would look for a file; its text is never used, the hook gives the code.
  const url = `data:text/javascript,${file}-${hash}`
  if (!sources.has(url)) sources.set(url, strip(code))
  hookModules()
  try {
    return (await import(/* @vite-ignore */ url)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw invalid(cause.message, lineIn(cause.stack), cause)
  }
}

function strip(code: string): string {
  const { emitWarning } = process
  // Only that the function is new, which helps nobody here.
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(code, { mode: 'strip' })
  } catch (cause) {
    const { message, stack } = cause as Error
    throw invalid(message, lineIn(stack), cause)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** The line stands in front of the stack, before an excerpt of the code. */
function lineIn(stack = ''): string | undefined {
  return /^[^\n]*?:(\d+)\n/.exec(stack)?.[1]
}

function hookModules(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, next) {
      if (sources.has(specifier)) return { url: specifier, format: 'module', shortCircuit: true }
      if (context.parentURL === undefined || !sources.has(context.parentURL)) return next(specifier, context)
      try {
        return next(specifier, { ...context, parentURL: pathToFileURL(join(process.cwd(), 'code.mjs')).href })
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

function invalid(reason: string, line: string | undefined, cause: unknown): ConfigError {
  return new ConfigError('CODE_INVALID', {
    message: `The code cannot be read${line === undefined ? '' : ` (line ${line})`}: ${reason.replace(/\.$/, '')}.`,
    details: { line: line === undefined ? null : Number(line) },
    cause,
  })
}
