import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-demo-'))
  chmodSync(folder, 0o711)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the demo; `onOutput` sees all output so far. */
async function demo(onOutput: (output: string, stop: (signal: NodeJS.Signals) => void) => void = () => {}) {
  const program = join(import.meta.dirname, 'demo.ts')
  const child = spawn(process.execPath, ['--conditions=@millrace/source', program, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      onOutput(output, (signal) => child.kill(signal))
    })
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output }
}

/** The server's own file, which is there exactly while it runs. */
function serverRuns(): boolean {
  try {
    process.kill(Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]), 0)
    return true
  } catch {
    return false
  }
}

it('stops its server when it is told to end, and answers its question the next time', async () => {
  let told = false
  const first = await demo((output, stop) => {
    if (told || !output.includes('Filling it')) return
    told = true
    stop('SIGTERM')
  })
  expect(first.code, first.output).toBe(143)
  expect(serverRuns()).toBe(false)

  const second = await demo()
  expect(second.code, second.output).toBe(0)
  expect(second.output).toMatch(/1 +PHX +Phoenix Sky Harbor International +Phoenix, AZ/)
  expect(second.output).toContain('The Parquet files give the same answer.')
  expect(second.output.match(/3000000 +[\d.]+ +\d+ +3000000 +yes/g)).toHaveLength(2)
  expect(serverRuns()).toBe(false)
}, 300_000)
