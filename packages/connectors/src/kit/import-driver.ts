import { createRequire } from 'node:module'
import { ConfigError } from '@millrace/core'

const require = createRequire(import.meta.url)

/**
 * Imports an optional driver when it is first needed. A driver that is not installed is a
 * `DRIVER_MISSING` with the command that installs it; a failure inside the driver is thrown as it is.
 */
export async function importDriver<T>(name: string): Promise<T> {
  try {
    return (await import(/* @vite-ignore */ name)) as T
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause
    const { version } = wantedVersion(name)
    throw new ConfigError('DRIVER_MISSING', {
      message: `The package "${name}" is needed for this connection and is not installed. Install it with: npm install ${name}${version ? `@${version}` : ''}`,
      details: { driver: name },
      cause,
    })
  }
}

/** Whether a driver is there, without loading it. */
export function isDriverInstalled(name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch (error) {
    // One for `import` only is found, and refused.
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND'
  }
}

function isMissing(error: unknown, name: string): boolean {
  const { code, message = '' } = error as { code?: string; message?: string }
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && message.includes(`'${name}'`)
}

function wantedVersion(name: string): { readonly version: string | undefined } {
  const { peerDependencies = {} } = require('../../package.json') as { peerDependencies?: Record<string, string> }
  return { version: peerDependencies[name] }
}
