import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, sql, startEmbeddedPostgres } from '@millrace/db'
import { startOidcIssuer } from '@millrace/testing'
import { cpuMsOf } from './api/cpu.ts'
import type { Load, LoadResult, Statement } from './api/load-process.ts'
import { type ServerProcess, startLoadProcess, startServerProcess } from './api/platform.ts'
import { statementsOf } from './api/statements.ts'
import { caller, fillWorld, type World } from './api/world.ts'

const sizes = [1000, 10_000] as const
const clients = 50
const seconds = 2

export interface ApiFigure {
  readonly name: string
  readonly projects: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly perSecond: number
  /** CPU time of one request in the server's process and in PostgreSQL's. */
  readonly serverMs: number
  readonly databaseMs: number
}

export interface ApiResult {
  readonly figures: readonly ApiFigure[]
  /** How many times more CPU time, or time to the answer of 95 in 100, a request takes with ten times as many projects. */
  readonly ratios: readonly { readonly name: string; readonly cpu: number; readonly p95: number }[]
}

interface Case {
  readonly name: string
  readonly paths: (world: World) => readonly string[]
  /** Default: the token that the caller made. */
  readonly by?: 'issuer' | 'others'
  /** Whether the same statement is measured without the server. */
  readonly withFloor?: true
  /** What its p95 has to keep to at the larger size, and its cost beside the smaller one; else it is there to compare with. */
  readonly isBound?: true
}

const cases: readonly Case[] = [
  { name: 'health, which does nothing', paths: () => ['/api/health'] },
  { name: 'list of projects', paths: () => ['/api/data/projects'], withFloor: true, isBound: true },
  { name: 'list of projects, token of the issuer', paths: () => ['/api/data/projects'], by: 'issuer', isBound: true },
  // Whoever asks the same at the same time shares a statement; these never do.
  { name: 'list of projects, 50 other callers', paths: () => ['/api/data/projects'], by: 'others' },
  {
    name: 'project by id',
    paths: ({ ids }) => ids.map((id) => `/api/data/projects/${id}`),
    withFloor: true,
    isBound: true,
  },
  {
    name: 'project by path',
    paths: ({ paths }) => paths.map((path) => `/api/data/namespaces/${path.replace('/', '/projects/')}`),
    withFloor: true,
    isBound: true,
  },
  {
    name: 'search, word of 10 projects',
    paths: ({ rareWords }) => rareWords.map((word) => `/api/data/search/query?q=${word}`),
    withFloor: true,
    isBound: true,
  },
  {
    name: 'search, word of a tenth of all',
    paths: () => ['/api/data/search/query?q=forest'],
    withFloor: true,
  },
  { name: 'list of groups', paths: () => ['/api/data/groups'], withFloor: true, isBound: true },
  {
    name: 'list of own namespaces',
    paths: () => ['/api/data/namespaces?minimum_role=viewer'],
    withFloor: true,
    isBound: true,
  },
]

interface Place {
  readonly projects: number
  readonly world: World
  readonly server: ServerProcess
  readonly database: string
  readonly statements: ReadonlyMap<string, Statement>
}

/**
 * Reads as a member of 50 of 500 groups, by 50 clients at once that ask again when they are answered. Clients, server and PostgreSQL
 * (which syncs) are processes of their own on this machine.
 */
export async function measureApi(
  { rounds, wants }: { readonly rounds: number; readonly wants: (name: string) => boolean },
  tell: (text: string) => void,
): Promise<ApiResult> {
  await using cleanUp = new AsyncDisposableStack()
  const folder = cleanUp.adopt(mkdtempSync(join(tmpdir(), 'millrace-bench-api-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  )
  const issuer = cleanUp.use(await startOidcIssuer({ accessTokenSeconds: 36_000 }))
  const { accessToken } = await issuer.signIn(caller)
  const postgres = cleanUp.use(await startEmbeddedPostgres({ dataDirectory: join(folder, 'postgres') }))
  const chosen = cases.filter(({ name }) => wants(name))
  const places: Place[] = []
  for (const projects of sizes) {
    tell(`Making ${projects} projects...`)
    const database = await createDatabase(postgres.url, `world_${projects}`)
    const home = join(folder, `${projects}`)
    await using db = await openDatabase({ url: database, maxConnections: 3 })
    const server = await startServerProcess({ folder: home, database, issuer: issuer.url }, cleanUp)
    const world = await fillWorld(db, projects)
    const floored = chosen.filter(({ withFloor }) => withFloor)
    const found = await statementsOf(
      db,
      { folder: home, token: world.token },
      floored.map(({ paths }) => paths(world)[0] ?? ''),
    )
    places.push({
      projects,
      world,
      server,
      database,
      statements: new Map(floored.map(({ name }, at) => [name, found[at] as Statement])),
    })
  }
  const load = startLoadProcess(cleanUp)
  const measured = new Map<string, ApiFigure[]>()
  const note = async (name: string, { projects, server }: Place, given: Load) => {
    const before = [cpuMsOf(server.pid), cpuMsOf(postgres.pid)] as const
    const result = await load(given)
    const after = [cpuMsOf(server.pid), cpuMsOf(postgres.pid)] as const
    const figure = figureOf({ name, projects }, result, [after[0] - before[0], after[1] - before[1]])
    measured.set(`${name} ${projects}`, [...(measured.get(`${name} ${projects}`) ?? []), figure])
  }
  for (let round = 0; round <= rounds; round++) {
    tell(round === 0 ? 'Warming up...' : `Round ${round} of ${rounds}...`)
    for (const { name, paths, by } of chosen) {
      for (const place of round % 2 === 0 ? places : places.toReversed()) {
        const { world, server, database, statements } = place
        const tokens = by === 'others' ? world.otherTokens : [by === 'issuer' ? accessToken : world.token]
        const requests = paths(world).flatMap((path) => tokens.map((token) => requestOf(path, token)))
        await note(name, place, { kind: 'http', port: server.port, clients, seconds, requests })
        const statement = statements.get(name)
        if (statement === undefined) continue
        await note(`${name}, bare SQL`, place, { kind: 'sql', url: database, clients, seconds: seconds / 2, statement })
      }
    }
    if (round === 0) measured.clear()
  }
  const figures = [...measured.values()].map(medianOf)
  return { figures, ratios: [...new Set(figures.map(({ name }) => name))].map((name) => ratioOf(name, measured)) }
}

async function createDatabase(url: string, name: string): Promise<string> {
  await using db = await openDatabase({ url, maxConnections: 1 })
  await db.execute(sql`create database ${sql.identifier(name)}`)
  const made = new URL(url)
  made.pathname = `/${name}`
  return made.href
}

function requestOf(path: string, token: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nAccept: application/json\r\n\r\n`
}

function figureOf(
  about: Pick<ApiFigure, 'name' | 'projects'>,
  { latenciesMs, seconds }: LoadResult,
  [serverMs, databaseMs]: readonly [number, number],
): ApiFigure {
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
  const { length } = sorted
  return {
    ...about,
    ...{ p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), perSecond: length / seconds },
    ...{ serverMs: serverMs / length, databaseMs: databaseMs / length },
  }
}

function medianOf(rounds: readonly ApiFigure[]): ApiFigure {
  const [{ name, projects }] = rounds as [ApiFigure]
  const of = (key: Exclude<keyof ApiFigure, 'name' | 'projects'>) => median(rounds.map((figure) => figure[key]))
  return {
    ...{ name, projects, p50Ms: of('p50Ms'), p95Ms: of('p95Ms'), p99Ms: of('p99Ms') },
    ...{ perSecond: of('perSecond'), serverMs: of('serverMs'), databaseMs: of('databaseMs') },
  }
}

/** The median of the ratios within a round. */
function ratioOf(name: string, measured: ReadonlyMap<string, readonly ApiFigure[]>) {
  const [small = [], large = []] = sizes.map((projects) => measured.get(`${name} ${projects}`))
  const of = (value: (figure: ApiFigure) => number) =>
    median(large.map((figure, round) => value(figure) / value(small[round] as ApiFigure)))
  return { name, cpu: of(({ serverMs, databaseMs }) => serverMs + databaseMs), p95: of(({ p95Ms }) => p95Ms) }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export function printApi({ figures, ratios }: ApiResult): string {
  const head = `${'50 clients, ms'.padEnd(50)}${['projects', 'p50', 'p95', 'p99', 'req/s', 'CPU server', 'CPU db'].map((text) => text.padStart(11)).join('')}`
  const lines = figures.map(
    ({ name, projects, p50Ms, p95Ms, p99Ms, perSecond, serverMs, databaseMs }) =>
      `${name.padEnd(50)}${[`${projects}`, p50Ms.toFixed(1), p95Ms.toFixed(1), p99Ms.toFixed(1), perSecond.toFixed(0), serverMs.toFixed(2), databaseMs.toFixed(2)].map((text) => text.padStart(11)).join('')}`,
  )
  const largest = sizes.at(-1)
  const bounds = cases
    .filter(({ isBound }) => isBound)
    .flatMap(({ name }) => {
      const figure = figures.find((one) => one.name === name && one.projects === largest)
      const ratio = ratios.find((one) => one.name === name)
      if (figure === undefined || ratio === undefined) return []
      const kept = figure.p95Ms <= 50 && ratio.cpu <= 1.2
      return `${name}: p95 ${figure.p95Ms.toFixed(1)} ms (at most 50), CPU with ten times the projects × ${ratio.cpu.toFixed(2)} (at most 1.2), p95 × ${ratio.p95.toFixed(2)}: ${kept ? 'kept' : 'MISSED'}`
    })
  return [head, ...lines, '', ...bounds].join('\n')
}
