import { writeSync } from 'node:fs'
import { type Command, CommanderError } from 'commander'
import { type Context, exitCodes } from './context.ts'
import { createProgram } from './program.ts'
import { version } from './version.ts'

/** How long open handles may keep a finished process alive. */
const lingerMs = 2000

/** How long a stopped command may take to close its connections, unless it asks for more. What it leaves then is what a crash leaves. */
const usualClosingMs = 5000

/** The `millrace` command. Sets the exit code; never throws. */
export async function main(args: readonly string[]): Promise<void> {
  let exitCode: number = exitCodes.done
  // A reader that goes away, as in `| head`, is not a fault of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  let ended = false
  process.once('exit', (code) => {
    // A task may end the process itself, and keeps its exit code. With 13 Node ends when nothing is left to wait for.
    if (ended || (code !== 0 && code !== 13)) return
    writeSync(2, 'error: Millrace waits for something that will never come. This is a fault of Millrace. [STALLED]\n')
    process.exitCode = exitCodes.fatal
  })
  const program = createProgram(async (work) => {
    exitCode = await runCommand(args, work, () => {
      ended = true
    })
  }, version)
  for (const command of withThoseBelow(program)) {
    command.exitOverride()
    command.configureOutput({ outputError: (text, write) => write(usageError(text)) })
  }
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    if (error.code === 'commander.help' && args.length === 0) exitCode = exitCodes.usage
  }
  // A slow reader gets all of the output before the process may be ended.
  await new Promise((resolve) => process.stdout.write('', resolve))
  ended = true
  process.exitCode = exitCode
  setTimeout(() => process.exit(), exitCode >= exitCodes.interrupted ? 0 : lingerMs).unref()
}

async function runCommand(
  args: readonly string[],
  work: (context: Context) => Promise<number>,
  onForce: () => void,
): Promise<number> {
  const [{ platformSettings, readPlatformSettings, signalFromProcess }, { printFailure }, { createSecrets }] =
    await Promise.all([import('@millrace/core'), import('./failure.ts'), import('./secrets.ts')])
  const secrets = createSecrets()
  const tell = (text: string) => writeSync(2, text)
  using stop = signalFromProcess({
    onAsk: () => tell('\nStopping; what is done is kept. Once more ends at once.\n'),
    onForce,
  })
  let closingMs = usualClosingMs
  const streams = {
    secrets,
    signal: stop.signal,
    args,
    out: (text: string) => void process.stdout.write(text),
    err: (text: string) => void process.stderr.write(text),
    holdOpen(ms: number) {
      closingMs = ms
    },
  }
  const debug = /^(1|true|yes|on)$/i.test(process.env[platformSettings.debug.env] ?? '')
  // A driver may fail outside of any call; its message and stack are not to be shown as they are.
  const crashed = (error: unknown) => {
    onForce()
    process.exit(printFailure(error, { ...streams, debug }).exitCode)
  }
  process.on('uncaughtException', crashed).on('unhandledRejection', crashed)
  try {
    return await Promise.race([
      work({ ...streams, settings: readPlatformSettings() }),
      tooLong(stop.signal, () => closingMs),
    ])
  } catch (error) {
    return printFailure(error, { ...streams, debug }).exitCode
  }
}

/** Rejects when a signal is long past; a command that ends in time never sees it. */
function tooLong(signal: AbortSignal, closingMs: () => number): Promise<never> {
  return new Promise((_, reject) => {
    const wait = () => setTimeout(() => reject(signal.reason), closingMs()).unref()
    signal.addEventListener('abort', wait, { once: true })
  })
}

function withThoseBelow(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withThoseBelow)]
}

function usageError(text: string): string {
  const [message = '', ...hints] = text.trim().split('\n')
  return `${[message, ...hints].join(' ')} Run with --help for what there is. [USAGE]\n`.replace(
    /([a-z][a-z0-9+.-]*:\/\/[^/?#@\s]*?):[^/?#\s]*@/gi,
    '$1:***@',
  )
}
