import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

export interface ProcessOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** Each line as soon as it is there; a line without end comes in parts. */
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
  /** From SIGTERM to SIGKILL. Default 10,000. */
  readonly graceMs?: number
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const longestLine = 16_384

/**
 * Runs a program in a process group of its own, and resolves when it has ended; whatever it left running in its group is
 * ended with it. An abort sends SIGTERM to the group, later SIGKILL, and then throws its reason. File descriptor 3 of the
 * program is a pipe that closes when this process is gone.
 *
 * @throws what `spawn` fails with, such as ENOENT
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessEnd> {
  const { cwd, env, signal, onLine, graceMs = 10_000 } = options
  signal.throwIfAborted()
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const { pid } = child
  const killGroup = (name: NodeJS.Signals) => {
    try {
      if (pid !== undefined) process.kill(-pid, name)
    } catch {
      // Nobody is left in the group.
    }
  }
  let kill: NodeJS.Timeout | undefined
  const stop = () => {
    killGroup('SIGTERM')
    kill = setTimeout(() => killGroup('SIGKILL'), graceMs)
  }
  signal.addEventListener('abort', stop, { once: true })
  child.stdio[3]?.on('error', () => {})
  const outputs = [
    forwardLines(child.stdout, (line) => onLine(line, 'stdout')),
    forwardLines(child.stderr, (line) => onLine(line, 'stderr')),
  ]
  try {
    const end = await new Promise<ProcessEnd>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, ended) => resolve({ code, signal: ended }))
    })
    // What the program started in the background would hold its output open.
    killGroup('SIGKILL')
    await Promise.all(outputs)
    signal.throwIfAborted()
    return end
  } finally {
    clearTimeout(kill)
    signal.removeEventListener('abort', stop)
    child.stdio[3]?.destroy()
  }
}

function forwardLines(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8')
  let open = ''
  const tell = (line: string) => {
    for (let at = 0; at === 0 || at < line.length; at += longestLine) onLine(line.slice(at, at + longestLine))
  }
  const take = (text: string) => {
    open += text
    const lines = open.split('\n')
    open = lines.pop() ?? ''
    for (const line of lines) tell(line.replace(/\r$/, ''))
    while (open.length > longestLine) {
      onLine(open.slice(0, longestLine))
      open = open.slice(longestLine)
    }
  }
  if (stream === null) return Promise.resolve()
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)))
    stream.on('error', () => {})
    stream.once('close', () => {
      take(decoder.end())
      if (open !== '') onLine(open)
      resolve()
    })
  })
}
