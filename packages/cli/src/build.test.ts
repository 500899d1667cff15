import { execFile } from 'node:child_process'
import { cp, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from './run-command.fixture.ts'
import { type WorkflowPackage, workflowPackage } from './workflow-package.fixture.ts'

let built: WorkflowPackage
beforeEach(async () => {
  built = await workflowPackage()
})
afterEach(() => built[Symbol.asyncDispose]())

const build = (...args: string[]) => runCommand(['build', ...args], { cwd: built.folder })
const filesIn = async (folder: string) => {
  const entries = await readdir(join(built.folder, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(built.folder.length + 1)).sort()
}
const text = (path: string) => readFile(join(built.folder, path), 'utf8')

/** Each wrong in its own way: no nodes, an operator that does not exist, a parameter that a schedule cannot give. */
const broken = `
import { Operator, Task, Workflow, z } from '@millrace/workflow'
class Sql extends Operator { readonly operator = 'sqll'; run() {} }
class Load extends Task { run() {} }
export const empty = new Workflow({ category: 'flights', name: 'empty' })
export const misspelt = new Workflow({ category: 'flights', name: 'misspelt' }).addNode(new Sql({}), { id: 'ask' })
export const daily = new Workflow({ category: 'flights', name: 'daily', schedule: '@daily', params: z.object({ day: z.string() }) }).addNode(Load)
`

describe('millrace build', () => {
  it('writes a manifest for each workflow version, and a zip of the package', async () => {
    const { code, out, err } = await build('--version', '1.0')
    expect({ code, err }).toEqual({ code: 0, err: 'Built flights_daily_1.0 with 10 nodes.\n' })
    const files = await filesIn('dist')
    expect(files).toEqual([
      expect.stringMatching(/^dist\/workflows\/flights-[0-9a-f]{16}\.zip$/),
      'dist/workflows/flights_daily_1.0.json',
    ])
    expect(out.toString().trim().split('\n').sort()).toEqual(files)
    const manifest = JSON.parse(await text('dist/workflows/flights_daily_1.0.json'))
    expect(manifest).toMatchObject({ name: 'flights_daily', version: '1.0', package: { name: 'flights' } })
  })

  it('K7: keeps two versions side by side, for Airflow too', async () => {
    for (const version of ['1.0', '2.0']) {
      expect(await build('--target', 'airflow', '--version', version)).toMatchObject({ code: 0 })
    }
    const files = await filesIn('dist/airflow')
    expect(files).toEqual([
      'dist/airflow/flights_daily_1.0.py',
      'dist/airflow/flights_daily_2.0.py',
      'dist/airflow/packages/.airflowignore',
      expect.stringMatching(/^dist\/airflow\/packages\/flights-/),
      'dist/airflow/packages/flights_daily_1.0.json',
      'dist/airflow/packages/flights_daily_2.0.json',
      'dist/airflow/pools.json',
    ])
    for (const file of files.filter((name) => name.endsWith('.py'))) {
      await promisify(execFile)('python3', ['-c', 'import ast, sys; ast.parse(open(sys.argv[1]).read())', file], {
        cwd: built.folder,
      })
    }
    expect(await text('dist/airflow/packages/.airflowignore')).toBe('*\n')
  })

  it('gives the same bytes when it is built again', async () => {
    await build('--target', 'airflow', '--version', '1.0')
    const first = await text('dist/airflow/flights_daily_1.0.py')
    expect(await build('--target', 'airflow', '--version', '1.0')).toMatchObject({ code: 0 })
    expect(await text('dist/airflow/flights_daily_1.0.py')).toBe(first)
  })

  it('does not replace a version by other content', async () => {
    await build('--version', '1.0')
    await built.write('src/more.ts', 'export const more = 1\n')
    const { code, err } = await build('--version', '1.0')
    expect(code).toBe(2)
    expect(err).toMatch(/was built from other files before.*new version.*\[BUILD_FAILED\]/s)
  })

  it('keeps the pools that other builds have put into pools.json', async () => {
    await build('--target', 'airflow', '--version', '1.0', '--pool', 'disk=5')
    await build('--target', 'airflow', '--version', '2.0')
    expect(JSON.parse(await text('dist/airflow/pools.json'))).toMatchObject({ disk: { slots: 5 } })
  })

  it('shows all problems at once and writes nothing', async () => {
    await built.write('src/flights.ts', broken)
    const { code, err } = await build('--target', 'airflow', '--version', '1.0')
    expect(code).toBe(2)
    expect(err).toMatch(/flights_empty/)
    expect(err).toMatch(/"sqll".*sql/)
    expect(err).toMatch(/parameter "day" has no default/)
    await expect(stat(join(built.folder, 'dist'))).rejects.toThrow('ENOENT')
  })

  it('prints what was built as JSON', async () => {
    const { out } = await build('--target', 'airflow', '--version', '1.0', '--json')
    expect(JSON.parse(out.toString())).toMatchObject({
      package: { name: 'flights', version: '1.0.0', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      workflows: [{ name: 'flights_daily', version: '1.0', nodes: 10 }],
      files: [expect.stringMatching(/flights_daily_1\.0\.py$/), expect.stringMatching(/pools\.json$/)],
      notes: [],
    })
  })
})

describe('millrace build --target notebook', () => {
  it('writes a notebook: parameters, then each task in a topological order, with its rollback as a comment', async () => {
    expect(await build('--target', 'notebook', '--version', '1.0')).toMatchObject({ code: 0 })
    expect(await filesIn('dist')).toEqual(['dist/notebooks/flights_daily_1.0.ipynb'])
    const notebook = JSON.parse(await text('dist/notebooks/flights_daily_1.0.ipynb'))
    expect(notebook).toMatchObject({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: { name: 'deno' } } })
    const cells = notebook.cells as { id: string; source: string[]; metadata: { tags?: string[] } }[]
    expect(cells[0]?.metadata.tags).toEqual(['parameters'])
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length)
    const tasks = cells.map(({ source }) => source.join('')).filter((source) => source.startsWith('await run('))
    expect(tasks.map((source) => /"(.*?)"/.exec(source)?.[1])).toHaveLength(9)
    expect(tasks[0]).toContain('// await run("Extract", (context) => workflow.createTask("Extract").rollback(context))')
  })

  it('writes a Dockerfile for workflows of one category, and never over one that is there', async () => {
    expect(await build('--target', 'notebook', '--dockerfile')).toMatchObject({ code: 0 })
    expect(await text('Dockerfile')).toMatch(/^# Notebooks of the workflows of flights\.\nFROM node/)
    const again = await build('--target', 'notebook', '--dockerfile')
    expect(again.code).toBe(2)
    expect(again.err).toContain('is not replaced')
  })

  it('refuses a Dockerfile for workflows of several categories', async () => {
    const workflow = (category: string) =>
      `import { Task, Workflow } from '@millrace/workflow'\nclass Load extends Task { run() {} }\nexport const one = new Workflow({ category: '${category}', name: 'one' }).addNode(Load)\n`
    await built.write('src/flights.ts', workflow('flights'))
    await built.write('src/ships.ts', workflow('ships'))
    const { code, err } = await build('--target', 'notebook', '--dockerfile')
    expect(code).toBe(2)
    expect(err).toContain('one category; these have 2: flights, ships')
  })
})

it('the guide of Airflow: every command builds what it says', async () => {
  const guide = await readFile(new URL('../../../docs/guides/airflow.md', import.meta.url), 'utf8')
  const example = fileURLToPath(new URL('../../../examples/flights', import.meta.url))
  await cp(example, join(built.folder, 'examples/flights'), {
    recursive: true,
    filter: (path) => !path.endsWith('.millrace'),
  })
  const commands = [...guide.matchAll(/^millrace (build .*)$/gm)].map(([, command = '']) => command.split(' '))
  expect(commands).toHaveLength(3)
  for (const command of commands) {
    expect(await runCommand(command, { cwd: built.folder })).toMatchObject({ code: 0 })
  }
  const named = [...guide.matchAll(/^\| `(dags\/[^`]*)`/gm)].map(([, path = '']) => path)
  const pattern = (path: string) => new RegExp(`^${path.replaceAll('.', '\\.').replace('…', '\\w+')}$`)
  expect(await filesIn('dags')).toEqual(
    expect.arrayContaining(named.map((path) => expect.stringMatching(pattern(path)))),
  )
})
