import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Measurement {
  readonly wallMs: number
  /** User and system time of the client processes, without the database server. Null where there is no /proc. */
  readonly cpuMs: number | null
  /** Greatest resident size of the client processes, added up. Null where there is no /proc. */
  readonly peakBytes: number | null
}

/** Milliseconds per clock tick of /proc/<pid>/stat, which is fixed for user space on Linux. */
const tickMs = 10
const pollMs = 20

/** Runs a shell command line to its end and measures all of its processes. */
export async function measure(commandLine: string, env: Readonly<Record<string, string>> = {}): Promise<Measurement> {
  const seen = new Map<number, { cpuMs: number; bytes: number }>()
  const startedAt = performance.now()
  const shell = spawn('/bin/sh', ['-c', commandLine], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  let errors = ''
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000)
  })
  const poll = setInterval(() => look(shell.pid as number, seen), pollMs)
  const code = await new Promise<number | null>((resolve, reject) => {
    shell.once('error', reject).once('exit', resolve)
  })
  const wallMs = performance.now() - startedAt
  clearInterval(poll)
  if (code !== 0) throw new Error(`This command ended with ${code}:\n${commandLine}\n${errors}`)
  if (seen.size === 0) return { wallMs, cpuMs: null, peakBytes: null }
  const processes = [...seen.values()]
  return {
    wallMs,
    cpuMs: processes.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    peakBytes: processes.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** Notes CPU time and high-water mark of a process and its descendants; the last look before the end counts. */
function look(pid: number, seen: Map<number, { cpuMs: number; bytes: number }>): void {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * tickMs
    const bytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024
    if (bytes > 0) seen.set(pid, { cpuMs, bytes })
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')) {
      if (child !== '') look(Number(child), seen)
    }
  } catch {
    // It ended between two looks.
  }
}
