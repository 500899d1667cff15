import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from '../run-command.fixture.ts'

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
    compilerOptions: { noEmit: true, composite: false, declarationMap: false, tsBuildInfoFile: null, rootDir: root },
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

it.each(['sql', 'notify'])('a new connector of kind %s compiles, passes its contract and is found', async (kind) => {
  const made = await create(`our-${kind}`, '--kind', kind)
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining('MILLRACE_CONNECTORS=connectors') })
  expect(made.out.toString()).toBe(`connectors/our-${kind}\n`)
  await run('tsc', ['-p', '.'], folder)
  const printed = await run('vitest', ['run', '--root', '.', `connectors/our-${kind}`], folder)
  expect(printed).toMatch(/Tests .*passed/)
  const env = { MILLRACE_CONNECTORS: join(folder, 'connectors') }
  const shown = await runCommand(['connectors', 'show', `our-${kind}`], { cwd: folder, env })
  expect(shown.out.toString()).toContain(`Addresses: our-${kind}:`)
})

it('in the repository of Millrace, the kit is imported from where it stands', async () => {
  const source = await mkdtemp(join(root, 'packages/connectors/.scaffold-'))
  try {
    await symlink(join(root, 'packages/connectors/src/kit'), join(source, 'kit'))
    for (const file of ['kit.ts', 'contract.ts']) {
      await copyFile(join(root, 'packages/connectors/src', file), join(source, file))
    }
    await writeFile(join(source, 'tsconfig.json'), types('acme-base'))
    expect(await create('acme-base', '--into', source)).toMatchObject({ code: 0 })
    expect(await readFile(join(source, 'acme-base', 'acme-base-connector.ts'), 'utf8')).not.toContain(
      '@millrace/connectors',
    )
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
