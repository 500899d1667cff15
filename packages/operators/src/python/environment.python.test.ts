import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator } from '../run-operator.test.fixture.ts'

let folder: string
const home = process.env.MILLRACE_HOME
/** pip takes its time. */
const timeout = 300_000

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  process.env.MILLRACE_HOME = join(folder, 'home')
})
afterAll(async () => {
  if (home === undefined) delete process.env.MILLRACE_HOME
  else process.env.MILLRACE_HOME = home
  await rm(folder, { recursive: true, force: true })
})

const run = (config: { code: string; requirements: string[] }) => runOperator('python', config)

test('requirements are installed once, also for two at once, and again when that was cut off', {
  timeout,
}, async () => {
  const package_ = join(folder, 'package')
  await mkdir(package_, { recursive: true })
  const build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
  await writeFile(join(package_, 'pyproject.toml'), build)
  await writeFile(join(package_, 'backend.py'), backend)
  const config = { code: 'import millrace_sample\nresult = millrace_sample.answer', requirements: [package_] }
  const cache = join(folder, 'home', 'cache', 'python')
  const [one, two] = await Promise.all([run(config), run(config)])
  expect([outputOf(one), outputOf(two)]).toEqual([42, 42])
  const made = (await readdir(cache)).filter((name) => !name.endsWith('.lock'))
  expect(made).toHaveLength(1)
  const third = await run({ ...config, requirements: [`  ${package_} `] })
  expect(outputOf(third)).toBe(42)
  expect(third.text).not.toContain('environment')
  const marker = join(cache, made[0] ?? '', 'complete.json')
  await rm(marker)
  expect(outputOf(await run(config))).toBe(42)
  expect(JSON.parse(await readFile(marker, 'utf8'))).toEqual({ requirements: [package_] })
})

test('requirements that cannot be installed are told with what pip says', { timeout }, async () => {
  const absent = join(folder, 'absent-package')
  expect(failureOf(await run({ code: 'result = 1', requirements: [absent] }))).toMatchObject({
    code: 'PYTHON_REQUIREMENTS_FAILED',
    recovery: 'transient',
    message: expect.stringContaining('absent-package'),
  })
})

/** The least a package needs to be built without the network. */
const backend = `
import base64, hashlib, os, zipfile
def get_requires_for_build_wheel(config_settings=None): return []
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "millrace_sample-1.0-py3-none-any.whl"
    files = {"millrace_sample.py": "answer = 42\\n",
             "millrace_sample-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: millrace-sample\\nVersion: 1.0\\n",
             "millrace_sample-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    record = "".join("%s,,\\n" % path for path in files) + "millrace_sample-1.0.dist-info/RECORD,,\\n"
    files["millrace_sample-1.0.dist-info/RECORD"] = record
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        for path, content in files.items(): wheel.writestr(path, content)
    return name
`
