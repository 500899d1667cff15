import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from '../run-command.fixture.ts'
import { connectorKinds } from './create-connector.ts'

/** What a program printed; what it complained of when it failed. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const result = await promisify(execFile)(program, args, { cwd }).catch((error: Error & { stdout: string }) => error)
  if (result instanceof Error) throw new Error(`${result.message}${result.stdout}`)
  return result.stdout
}

const root = fileURLToPath(new URL('../../../../', import.meta.url))
let folder: string

const conditions = `{ conditions: ['@millrace/source'] }`
const config = `export default { resolve: ${conditions}, ssr: { resolve: ${conditions} }, test: { include: ['**/*.test.ts'] } }`
const types = (include: string) =>
  JSON.stringify({
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      ...{ noEmit: true, composite: false, declarationMap: false, tsBuildInfoFile: null, rootDir: root },
      // As the tests run: nothing has to be built.
      customConditions: ['@millrace/source'],
    },
    include: [include],
    exclude: [],
  })

/** Inside the repository, so that packages are found as they are by one who installed them. */
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'packages/cli/.scaffold-'))
  await writeFile(join(folder, 'vitest.config.mjs'), config)
  await writeFile(join(folder, 'tsconfig.json'), types('connectors'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const create = (...args: string[]) => runCommand(['connectors', 'create', ...args], { cwd: folder })

it('new connectors of all kinds compile, pass their contracts and are found', async () => {
  for (const kind of connectorKinds) {
    const made = await create(`our-${kind}`, '--kind', kind)
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('MILLRACE_CONNECTORS=connectors') })
    expect(made.out.toString()).toBe(`connectors/our-${kind}\n`)
  }
  await run('tsc', ['-p', '.'], folder)
  const printed = await run('vitest', ['run', '--root', '.', 'connectors'], folder)
  expect(printed).toMatch(new RegExp(`Test Files .*${connectorKinds.length} passed`))
  const env = { MILLRACE_CONNECTORS: join(folder, 'connectors') }
  for (const kind of connectorKinds) {
    const shown = await runCommand(['connectors', 'show', `our-${kind}`], { cwd: folder, env })
    expect(shown.out.toString()).toContain(`Addresses: our-${kind}:`)
  }
})

it('in the repository of Millrace, the kit is imported from where it stands', async () => {
  const source = await mkdtemp(join(root, 'packages/connectors/.scaffold-'))
  try {
    const sources = join(root, 'packages/connectors/src')
    for (const part of await readdir(sources, { withFileTypes: true })) {
      if (part.isDirectory()) await symlink(join(sources, part.name), join(source, part.name))
      else await copyFile(join(sources, part.name), join(source, part.name))
    }
    await writeFile(join(source, 'tsconfig.json'), types('acme-*/*'))
    for (const kind of connectorKinds) {
      expect(await create(`acme-${kind}`, '--kind', kind, '--into', source)).toMatchObject({ code: 0 })
      const made = join(source, `acme-${kind}`)
      for (const file of await readdir(made)) {
        expect(await readFile(join(made, file), 'utf8')).not.toContain('@millrace/connectors')
      }
    }
    await run('tsc', ['-p', '.'], source)
  } finally {
    await rm(source, { recursive: true, force: true })
  }
})

it('refuses names that are taken or cannot be', async () => {
  expect(await create('postgres')).toMatchObject({ code: 2, err: expect.stringContaining('"postgres" is taken') })
  expect(await create('My System')).toMatchObject({ code: 2, err: expect.stringContaining('such as "my-system"') })
  await create('twice', '--kind', 'notify')
  expect(await create('twice')).toMatchObject({ code: 2, err: expect.stringContaining('already there') })
})
