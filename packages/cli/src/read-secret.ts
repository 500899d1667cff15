import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { ConfigError } from '@millrace/core'
import type { Context } from './context.ts'

/**
 * A secret from a file as it is, from a person who types it unseen, or from standard input without the end of its last line.
 * Never from the command line, which every user of the machine can read.
 *
 * @throws ConfigError `FILE_UNREADABLE`, `VALUE_EMPTY`
 */
export async function readSecret(
  { question, fromFile }: { readonly question: string; readonly fromFile?: string },
  { secrets, signal }: Pick<Context, 'secrets' | 'signal'>,
): Promise<string> {
  const value = await read(question, fromFile, signal)
  if (value === '') {
    throw new ConfigError('VALUE_EMPTY', {
      message: 'The value is empty. Type it, pipe it into the command, or name a file with --from-file.',
    })
  }
  // Whoever echoes it may leave the end of its last line out.
  secrets.add([value, value.trim()])
  return value
}

async function read(question: string, fromFile: string | undefined, signal: AbortSignal): Promise<string> {
  if (fromFile !== undefined) return await readWhole(fromFile)
  if (process.stdin.isTTY) return await ask(question, signal)
  return (await text(process.stdin)).replace(/\r?\n$/, '')
}

async function readWhole(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path))
  } catch (cause) {
    throw new ConfigError('FILE_UNREADABLE', {
      message: `${path} cannot be read as text: ${(cause as Error).message} Name a file in UTF-8.`,
      cause,
    })
  }
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  // Not before the terminal is silent: a value that is pasted at once would be shown.
  process.stderr.write(`${question}: `)
  // With the terminal in raw mode Ctrl-C is a key, and no signal.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      lines.question('', { signal }, resolve)
      lines.once('close', () => resolve(''))
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
