import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockHolder, lockTarget } from './lock-target.ts'

test.runIf(process.platform === 'linux')('a killed process that nobody has waited for holds no lock', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-lock-'))
  const path = join(folder, 'lock')
  // The shell becomes a program that never waits for the child it started.
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 601'])
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    const release = await lockTarget(path, 'x')
    const { host } = JSON.parse(await readFile(path, 'utf8')) as { host: string }
    await release()
    await writeFile(path, JSON.stringify({ pid, startTime: null, host }))
    expect((await lockHolder(path))?.pid).toBe(pid)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => lockHolder(path)).toBeNull()
  } finally {
    parent.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
})
