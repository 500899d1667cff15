import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeCommand } from './node-command.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-command-'))
  await mkdir(join(folder, 'tmp'))
  await mkdir(join(folder, 'bin'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Stands in for millrace: notes its arguments, makes what it is to make, and does what it is told with "task run". */
async function millrace(task: string, install = 'mkdir "$8"'): Promise<void> {
  const path = join(folder, 'bin/millrace')
  const script = `#!/bin/bash
echo "$@" >> ${folder}/calls
if [ "$2" = install ]; then ${install}; exit; fi
result="$6"
${task}
`
  await writeFile(path, script)
  await chmod(path, 0o755)
}

function start(env: Readonly<Record<string, string>> = {}) {
  const child = spawn('bash', ['-c', nodeCommand], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      TMPDIR: join(folder, 'tmp'),
      ...{ MILLRACE_TASK_PACKAGE: '/packages/a b.zip', MILLRACE_TASK_SHA256: 'abc' },
      ...env,
    },
  })
  const lines: string[] = []
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line))
  let err = ''
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, lines, err }))
  const saw = (text: string) =>
    lines.includes(text)
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          const look = (line: string) => line === text && resolve()
          reader.on('line', look)
        })
  return { pid: child.pid ?? 0, ended, saw }
}

/** Gone, or a zombie that nobody has collected yet. */
async function stateOf(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', `${pid}`]).catch(() => ({ stdout: '' }))
  return stdout.trim().slice(0, 1) || 'gone'
}

const left = () => readdir(join(folder, 'tmp'))

describe('the command of a node', () => {
  it('K6: ends with the exit code of the task, and its folder is gone either way', async () => {
    for (const code of [0, 1]) {
      await millrace(`exit ${code}`)
      expect((await start().ended).code).toBe(code)
      expect(await left()).toEqual([])
    }
  })

  it('keeps any other exit code too: skipped, its own, that of a signal', async () => {
    for (const [task, code] of [
      ['exit 99', 99],
      ['exit 42', 42],
      ['kill -KILL $$', 137],
    ] as const) {
      await millrace(task)
      expect((await start().ended).code).toBe(code)
      expect(await left()).toEqual([])
    }
  })

  it('installs exactly the package of the node, then runs the task in a folder of its own', async () => {
    await millrace('[ -d "$4" ]')
    const { code, lines } = await start().ended
    expect(code).toBe(0)
    const [install = '', run = ''] = (await readFile(join(folder, 'calls'), 'utf8')).split('\n')
    expect(install).toMatch(
      /^task install --package \/packages\/a b\.zip --sha256 abc --into \S+\/millrace-task-\w+\/package$/,
    )
    expect(run).toMatch(/^task run --package-folder \S+\/package --result \S+\/result\.json$/)
    expect(lines.join('\n')).toMatch(/^worker: host \S+, process \d+, allocation unknown-allocation-id/)
  })

  it('ends with the code of an install that fails, without running the task', async () => {
    await millrace('exit 0', 'echo "no such package" >&2; exit 4')
    const { code, err } = await start().ended
    expect(code).toBe(4)
    expect(err).toBe('no such package\n')
    expect(await readFile(join(folder, 'calls'), 'utf8')).not.toContain('task run')
    expect(await left()).toEqual([])
  })

  it('prints the result last, whatever else the task has left behind', async () => {
    await millrace(`echo '{"rows": 2}' > "$result"; (sleep 0.2; echo late) & echo done`)
    const { lines, err } = await start().ended
    expect(lines.at(-1)).toBe('{"rows": 2}')
    expect(err).toBe('')
  })

  it('limits the open files as it is told', async () => {
    await millrace('echo "files $(ulimit -n)"')
    expect((await start().ended).lines).toContain('files 1024')
    expect((await start({ MAX_FILE_DESCRIPTORS: '333' }).ended).lines).toContain('files 333')
  })

  it('installs nothing where a workflow has no code of its own', async () => {
    await millrace('exit 0')
    expect((await start({ MILLRACE_TASK_PACKAGE: '' }).ended).code).toBe(0)
    expect(await readFile(join(folder, 'calls'), 'utf8')).not.toContain('install')
  })

  it('says what is missing on a worker without millrace', async () => {
    const { code, err } = await start({ PATH: '/usr/bin:/bin' }).ended
    expect(code).toBe(127)
    expect(err).toContain('Install @millrace/cli')
  })

  it.each([
    ['the whole group', (pid: number) => process.kill(-pid, 'SIGTERM')],
    ['its process alone', (pid: number) => process.kill(pid, 'SIGTERM')],
  ])('tells the task once when %s is told to stop, and cleans up', async (_, stop) => {
    await millrace(`trap 'echo told; exit 143' TERM
echo ready
while :; do sleep 0.05; done`)
    const { pid, saw, ended } = start()
    await saw('ready')
    stop(pid)
    const { code, lines } = await ended
    expect(code).toBe(143)
    expect(lines.filter((line) => line === 'told')).toHaveLength(1)
    expect(await left()).toEqual([])
  })

  it('ends what the task has started and left running', async () => {
    await millrace(`sleep 600 & echo $! > ${folder}/child`)
    await start().ended
    const pid = Number(await readFile(join(folder, 'child'), 'utf8'))
    expect(await stateOf(pid)).toMatch(/^(gone|Z)$/)
  })

  it('has nothing that Airflow would take for a template', () => {
    expect(nodeCommand).not.toMatch(/\{[{%#]/)
    expect(nodeCommand).not.toMatch(/\.(sh|bash)\s*$/)
    expect(nodeCommand).not.toContain('"""')
  })
})
