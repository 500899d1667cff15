import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptSpec } from '@millrace/workflow'
import { type BuiltPackage, buildPackage } from '@millrace/workflow/build'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { codeHost } from '../executors/process/open-executor.fixture.ts'
import { processExecutor } from '../executors/process/process-executor.ts'
import { codeAttempt } from '../task-host/attempt-spec.fixture.ts'
import { packageInstalls } from './package-installs.ts'
import { scriptedApi } from './scripted-api.fixture.ts'
import { startWorker } from './worker.ts'

let folder = ''
const packages = new Map<string, BuiltPackage>()
let downloads: string[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  downloads = []
})
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

/** A package whose task says its version, the file beside it, and its process. */
async function build(version: string, head = ''): Promise<BuiltPackage> {
  const source = join(folder, `source-${version}`)
  await mkdir(join(source, 'workflows'), { recursive: true })
  await mkdir(join(source, 'node_modules/@millrace'), { recursive: true })
  await symlink(join(import.meta.dirname, '../../../workflow'), join(source, 'node_modules/@millrace/workflow'))
  const json = { name: 'flights', version, type: 'module', dependencies: { '@millrace/workflow': '*' } }
  await writeFile(join(source, 'package.json'), JSON.stringify(json))
  await writeFile(join(source, 'query.sql'), `select '${version}'`)
  const code = `${head}
    import { readFileSync } from 'node:fs'
    import { Task, Workflow } from '@millrace/workflow'
    export class Say extends Task {
      run({ task }: { task: { attempt: number } }) {
        return ['${version}', readFileSync('query.sql', 'utf8'), process.pid, task.attempt]
      }
    }
    export const daily = new Workflow({ category: 'flights', name: 'daily', version: '${version}' }).addNode(Say)`
  await writeFile(join(source, 'workflows', 'daily.ts'), code)
  const built = await buildPackage({ folder: source, out: join(folder, 'out') })
  packages.set(built.package.sha256, built)
  return built
}

function attemptOf(built: BuiltPackage): AttemptSpec {
  const manifest = built.workflows[0]?.manifest
  const node = manifest?.nodes[0]
  if (!manifest || !node) throw new Error('Nothing was built.')
  return { ...codeAttempt('unused'), node, source: manifest.source, package: manifest.package }
}

async function open() {
  const engine = scriptedApi()
  engine.keep({
    packages: async (sha256) => {
      downloads.push(sha256)
      return await readFile(packages.get(sha256)?.zip ?? '')
    },
  })
  const cacheFolder = join(folder, 'cache')
  const installFor = packageInstalls({ api: engine.api, cacheFolder })
  const executor = processExecutor({ slots: 3, hostModule: codeHost, cacheFolder, installFor })
  const worker = startWorker({
    api: engine.api,
    executor,
    info: { id: randomUUID(), name: 't', host: 'h', pid: 1, version: '0', queues: ['default'], slots: 3 },
    log: { info() {}, warn() {}, error() {} },
  })
  return {
    engine,
    async run(...specs: readonly AttemptSpec[]) {
      engine.add(...specs)
      return await Promise.all(specs.map((spec) => engine.outcome(spec)))
    },
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]()
      await executor[Symbol.asyncDispose]()
    },
  }
}

test('A package is fetched and installed once for all its attempts, and two versions live side by side', async () => {
  await using worker = await open()
  const [one, two] = [await build('1.0.0'), await build('2.0.0')]
  const outcomes = await worker.run(attemptOf(one), attemptOf(two), attemptOf(one), attemptOf(two))
  const outputs = outcomes.flatMap((outcome) => {
    if (outcome.kind !== 'success') throw new Error(JSON.stringify(outcome))
    return [outcome.output as readonly [version: string, query: string, pid: number]]
  })
  expect(outputs.map(([version, query]) => [version, query])).toEqual([
    ['1.0.0', "select '1.0.0'"],
    ['2.0.0', "select '2.0.0'"],
    ['1.0.0', "select '1.0.0'"],
    ['2.0.0', "select '2.0.0'"],
  ])
  expect(downloads.toSorted()).toEqual([one.package.sha256, two.package.sha256].toSorted())
  // No process has served both.
  const versionOf = new Map(outputs.map(([version, , pid]) => [pid, version]))
  for (const [version, , pid] of outputs) expect(versionOf.get(pid)).toBe(version)
})

test('A worker that comes back uses what is installed', async () => {
  const built = await build('1.0.0')
  for (const _ of ['first', 'second']) {
    await using worker = await open()
    expect((await worker.run(attemptOf(built)))[0]).toMatchObject({ kind: 'success' })
  }
  expect(downloads).toEqual([built.package.sha256])
  expect(await readdir(join(folder, 'cache', 'packages'))).toEqual([built.package.sha256])
})

test('A package that cannot be fetched fails its attempts as not loaded, and the next one tries anew', async () => {
  await using worker = await open()
  const built = await build('1.0.0')
  const { zip } = built
  packages.set(built.package.sha256, { ...built, zip: join(folder, 'gone.zip') })
  const [outcome] = await worker.run(attemptOf(built))
  expect(outcome).toMatchObject({ failure: { reason: 'load', message: expect.stringContaining('gone.zip') } })
  packages.set(built.package.sha256, { ...built, zip })
  const [second] = await worker.run({ ...attemptOf(built), attempt: 2 })
  expect(second).toMatchObject({ kind: 'success' })
})

test('A module that cannot be imported fails as not loaded, with the file and the reason', async () => {
  await using worker = await open()
  const built = await build(
    '1.0.0',
    "if (process.env.TMPDIR?.includes('millrace-tasks')) throw new Error('no such table')",
  )
  const [outcome] = await worker.run(attemptOf(built))
  expect(outcome).toMatchObject({
    failure: { reason: 'load', message: expect.stringMatching(/workflows\/daily\.ts.*no such table/s) },
  })
})
