import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type PostgresBinaries, systemPostgres } from '@millrace/db'

export interface MariadbBinaries {
  readonly server: string
  readonly install: string
  readonly client: string | undefined
}

/** A PostgreSQL 15 of the system (Debian, Fedora, Homebrew), or null: then its tests are skipped. */
export function findPostgres15(): PostgresBinaries | null {
  return systemPostgres(15) ?? null
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

/** A Chromium or Chrome of the system, or null: then tests in a browser are skipped. */
export function findChromium(): string | null {
  const onMac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  // The first is Chromium without windows, at two thirds of the cost.
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']
  const found = names.map(findProgram).find((path) => path !== undefined)
  return found ?? (existsSync(onMac) ? onMac : null)
}

export function findProgram(name: string): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/bin']
  return places.map((place) => join(place, name)).find((path) => existsSync(path))
}
