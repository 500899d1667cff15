import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from './run-command.fixture.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const condition = '--conditions=@millrace/source'
let folder: string

/** Inside the repository, so that packages are found as they are by one who installed them. */
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'packages/cli/.scaffold-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = async (program: string, args: readonly string[], cwd: string) => {
  const env = { ...process.env, NODE_OPTIONS: condition }
  const done = await promisify(execFile)(program, args, { cwd, env }).catch(
    (error: Error & { stdout: string }) => error,
  )
  if (done instanceof Error) throw new Error(`${done.message}\n${done.stdout}`)
  return done.stdout
}

it('writes a project that runs, is tested, type-checked and built', async () => {
  const made = await runCommand(['init', 'Our Shop'], { cwd: folder })
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining("cd 'Our Shop'") })
  const cwd = join(folder, 'Our Shop')
  expect((await readdir(cwd)).sort()).toEqual([
    ...['.gitignore', 'README.md', 'millrace.yaml', 'package.json', 'tsconfig.json', 'workflows'],
  ])
  const { name, dependencies } = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8'))
  const { version } = JSON.parse(await readFile(join(root, 'packages/cli/package.json'), 'utf8'))
  expect([name, dependencies['@millrace/workflow']]).toEqual(['our-shop', version])

  const ran = await runCommand(['run', 'hello', '--param', 'longest=1'], { cwd })
  expect(ran.code, ran.err).toBe(0)
  expect(ran.out.toString()).toMatch(/SumUp \| workflows\/hello\.ts: \d+ lines\n/)
  expect(ran.out.toString()).toContain('Run succeeded in')

  expect(await run(process.execPath, ['--test', 'workflows/**/*.test.ts'], cwd)).toMatch(/pass 3\n/)
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', '.', '--customConditions', '@millrace/source'], cwd)

  const built = await runCommand(['build'], { cwd })
  expect(built.code, built.err).toBe(0)
  expect(built.out.toString()).toContain('dist/workflows/local_hello_dev.json')
})

it('replaces nothing, and writes nothing when it cannot write all', async () => {
  const cwd = await mkdtemp(join(folder, 'taken-'))
  await writeFile(join(cwd, 'README.md'), 'mine')
  expect(await runCommand(['init'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/has README\.md already.*\[FILE_EXISTS\]/),
  })
  expect(await readdir(cwd)).toEqual(['README.md'])
})

it('takes a name, and refuses one that no package can have', async () => {
  expect(await runCommand(['init', 'named', '--name', '@acme/flows'], { cwd: folder })).toMatchObject({ code: 0 })
  expect(JSON.parse(await readFile(join(folder, 'named/package.json'), 'utf8')).name).toBe('@acme/flows')
  expect(await runCommand(['init', 'other', '--name', 'Ours!'], { cwd: folder })).toMatchObject({
    code: 2,
    err: expect.stringContaining('[NAME_INVALID]'),
  })
})
