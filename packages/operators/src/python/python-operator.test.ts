import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Json, LogEntry } from '@millrace/workflow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator, type Surroundings } from '../run-operator.test.fixture.ts'

let folder: string
const home = process.env.MILLRACE_HOME

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  process.env.MILLRACE_HOME = join(folder, 'home')
  process.env.MILLRACE_DEBUG = '0'
})
afterAll(async () => {
  delete process.env.MILLRACE_DEBUG
  if (home === undefined) delete process.env.MILLRACE_HOME
  else process.env.MILLRACE_HOME = home
  await rm(folder, { recursive: true, force: true })
})

const run = (config: Record<string, Json>, around?: Surroundings) => runOperator('python', config, around)

test('code gets arguments, outputs, connections and secrets, and returns JSON', async () => {
  const ran = await run(
    {
      code: `
import json, os, sys
def run(context):
    print("hello", context["args"]["day"])
    print("warn", file=sys.stderr)
    print(context["secrets"]["token"], context["connections"]["db"]["values"]["password"])
    return {"count": context["outputs"]["load"]["rows"] + 1, "run": context["run"]["workflow"], "braces": "{{ dt }}",
            "own": [name for name in os.environ if name.startswith("MILLRACE_")], "venv": sys.prefix != sys.base_prefix}
`,
      args: { day: '{{ dt }}' },
      outputs: ['load'],
      connections: ['db'],
      secrets: ['token'],
    },
    {
      outputs: { load: { rows: 41 } },
      secrets: { token: 'very-secret-token' },
      connections: { db: { connector: 'postgres', values: { password: 'pass-of-the-db' } } },
    },
  )
  expect(outputOf(ran)).toEqual({ count: 42, run: 'sales.daily', braces: '{{ dt }}', own: [], venv: true })
  expect(ran.text).toContain('hello 2024-01-02')
  expect(ran.log).toContainEqual(expect.objectContaining({ text: 'warn', fields: { stream: 'stderr' } }))
  expect(JSON.stringify(ran)).not.toMatch(/very-secret-token|pass-of-the-db/)
})

test('a script without run gives its variable result', async () => {
  expect(outputOf(await run({ code: 'result = [context["params"]["a"], None]' }, { params: { a: 1 } }))).toEqual([
    1,
    null,
  ])
  expect(outputOf(await run({ code: 'import sys\nresult = 5\nsys.exit(0)' }))).toBe(5)
})

test('lines reach the log while the code runs', async () => {
  const gate = join(folder, 'gate')
  const code = `
import os, sys, time
def run(context):
    sys.stdout.write("first\\nsec")
    sys.stdout.flush()
    while not os.path.exists(context["args"]["gate"]): time.sleep(0.01)
    print("ond")
`
  const onLog = ({ text }: LogEntry) => {
    if (text === 'first') void writeFile(gate, '')
  }
  const ran = await run({ code, args: { gate } }, { onLog })
  expect(outputOf(ran)).toBeNull()
  expect(ran.text).toBe('first\nsecond')
})

test('an exception is the failure, with its line and traceback', async () => {
  const ran = await run({ code: 'def run(context):\n    values = []\n    return values[3]\n' })
  expect(failureOf(ran)).toMatchObject({
    code: 'PYTHON_FAILED',
    message: 'IndexError: list index out of range (line 3 of the code)',
    stack: expect.stringContaining('return values[3]'),
  })
  expect(failureOf(ran).stack).not.toContain('bootstrap.py')
  expect(ran.text).toContain('IndexError')
})

test.each([
  ['x = = 1', 'PYTHON_INVALID', '(line 1 of the code)'],
  ['result = object()', 'PYTHON_RESULT_NOT_JSON', 'object'],
  ['result = float("nan")', 'PYTHON_RESULT_NOT_JSON', 'Out of range'],
  ['import sys\nsys.exit(3)', 'PYTHON_EXITED', 'exit code 3'],
  ['import os\nos.kill(os.getpid(), 9)', 'PYTHON_EXITED', 'SIGKILL'],
])('%j fails as %s', async (code, expected, text) => {
  expect(failureOf(await run({ code }))).toMatchObject({ code: expected, message: expect.stringContaining(text) })
})

test('a cancelled task ends with all its processes, first asked and then forced', async () => {
  const code = `
import os, signal, subprocess, sys, time
def run(context):
    child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"], stdout=subprocess.PIPE)
    child.stdout.readline()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print("pids", os.getpid(), child.pid, flush=True)
    time.sleep(600)
`
  const stop = new AbortController()
  let pids: number[] = []
  const ran = await run(
    { code },
    {
      signal: stop.signal,
      onLog({ text }) {
        if (!text.startsWith('pids')) return
        pids = text.split(' ').slice(1).map(Number)
        stop.abort(new Error('enough'))
      },
    },
  )
  expect(failureOf(ran)).toMatchObject({ reason: 'cancelled' })
  expect(pids).toHaveLength(2)
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
})

test('a worker that is killed takes the code and its processes with it', async () => {
  const fixture = join(import.meta.dirname, 'owner.fixture.ts')
  const worker = spawn(process.execPath, ['--conditions=@millrace/source', fixture], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  for await (const line of createInterface(worker.stdout)) {
    lines.push(line)
    if (line.startsWith('pids')) break
  }
  const pids = (lines.at(-1) ?? '').split(' ').slice(1).map(Number)
  expect(pids.filter(isAlive)).toHaveLength(2)
  worker.kill('SIGKILL')
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
  await rm(lines[0] ?? '', { recursive: true })
})

test('what the code leaves running does not keep the task', async () => {
  const code = `
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
result = child.pid
`
  const pid = outputOf(await run({ code })) as number
  await expect.poll(() => isAlive(pid)).toBe(false)
})

test('endless output is passed on in pieces', async () => {
  const ran = await run({ code: 'print("x" * 100000)' })
  expect(ran.log.map(({ text }) => text.length).reduce((sum, length) => sum + length, 0)).toBe(100_000)
  expect(Math.max(...ran.log.map(({ text }) => text.length))).toBeLessThanOrEqual(16_384)
})

test('an environment is made once, also for two at once, and one that was cut off is made again', async () => {
  process.env.MILLRACE_HOME = join(folder, 'other home')
  try {
    const cache = join(folder, 'other home', 'cache', 'python')
    const code = 'import sys\nresult = sys.prefix'
    const [one, two] = await Promise.all([run({ code }), run({ code })])
    const [made, lock] = (await readdir(cache)).sort()
    expect(lock).toBe(`${made}.lock`)
    expect([outputOf(one), outputOf(two)]).toEqual([join(cache, made ?? ''), join(cache, made ?? '')])
    const marker = join(cache, made ?? '', 'complete.json')
    const old = new Date(Date.now() - 40 * 86_400_000)
    for (const name of ['unused', 'used']) {
      await mkdir(join(cache, name))
      await writeFile(join(cache, name, 'complete.json'), '{}')
    }
    await utimes(join(cache, 'unused', 'complete.json'), old, old)
    await utimes(marker, old, old)
    await run({ code })
    expect((await stat(marker)).mtimeMs).toBeGreaterThan(old.getTime())
    await rm(marker)
    await rm(join(cache, made ?? '', 'bin'), { recursive: true })
    expect(outputOf(await run({ code }))).toBe(join(cache, made ?? ''))
    expect((await readdir(cache)).filter((name) => !name.endsWith('.lock')).sort()).toEqual([made, 'used'].sort())
  } finally {
    process.env.MILLRACE_HOME = join(folder, 'home')
  }
})

test('a missing Python is told with the next step', async () => {
  expect(failureOf(await run({ code: 'result = 1', python: 'python-that-is-not-there' }))).toMatchObject({
    code: 'PYTHON_MISSING',
    recovery: 'config',
    message: expect.stringContaining('apt install python3'),
  })
})

test('code may stand in a file', async () => {
  const file = join(folder, 'report.py')
  await writeFile(join(folder, 'beside.py'), 'value = 7\n')
  await writeFile(file, 'import beside\ndef run(context):\n    return beside.value\n')
  expect(outputOf(await run({ file }))).toBe(7)
  expect(failureOf(await run({ file: join(folder, 'absent.py') }))).toMatchObject({ code: 'PYTHON_FILE_MISSING' })
  expect(existsSync(file)).toBe(true)
})

/** A process that was killed may keep its number until somebody asks for it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
    return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')))
  } catch {
    return false
  }
}
