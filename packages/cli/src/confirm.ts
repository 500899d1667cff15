import { createInterface } from 'node:readline/promises'
import { ConfigError } from '@millrace/core'
import type { Context } from './context.ts'

/**
 * Asks a person before something is lost. Without a terminal nobody can answer, and a script means what it says.
 *
 * @throws ConfigError `NOT_CONFIRMED`
 */
export async function confirm(
  question: string,
  { yes = false }: { readonly yes?: boolean },
  { signal }: Pick<Context, 'signal'>,
): Promise<void> {
  if (yes || !process.stdin.isTTY || !process.stderr.isTTY) return
  // Left to the terminal, Ctrl-C is a signal as everywhere else.
  using lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  const answer = await lines.question(`${question} [y/N] `, { signal })
  if (/^y(es)?$/i.test(answer.trim())) return
  throw new ConfigError('NOT_CONFIRMED', { message: 'Nothing was changed. Answer y, or give --yes, to go on.' })
}
