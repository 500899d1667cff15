import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from './program.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

test('every command and option that a message or a document names exists', () => {
  const program = createProgram(async () => {}, '0')
  const files = execFileSync('git', ['ls-files', '*.ts', '*.md', '*.yml'], { cwd: root, encoding: 'utf8' }).split('\n')
  const named = files
    .filter((file) => file !== '' && !file.endsWith('.test.ts'))
    .flatMap((file) => namedCommands(file).map((words) => ({ file, words })))
  expect(named.length).toBeGreaterThan(100)
  expect(
    named.flatMap(({ file, words }) => {
      const problem = problemOf(program, words)
      return problem === null ? [] : [`${file}: "millrace ${words.join(' ')}": ${problem}`]
    }),
  ).toEqual([])
})

/** Messages name commands in quotation marks, documents in code. */
function namedCommands(file: string): string[][] {
  let text: string
  try {
    text = readFileSync(join(root, file), 'utf8')
  } catch {
    // Removed and not committed yet.
    return []
  }
  const pattern = file.endsWith('.ts')
    ? /"millrace ([a-z][^"'`\n]*)["'`\n]/g
    : /(?:^[ $]*(?:npx )?|`(?:npx )?|&& )millrace ([a-z][^`\n]*)/gm
  return [...text.matchAll(pattern)].map(([, rest = '']) => {
    const [command = ''] = rest.split(/ [|&;#>]/)
    return command.trim().split(/\s+/)
  })
}

function problemOf(program: Command, words: readonly string[]): string | null {
  let command = program
  let at = 0
  for (; at < words.length; at += 1) {
    const below = command.commands.find((one) => one.name() === words[at])
    if (below === undefined) break
    command = below
  }
  if (command === program) return `there is no command ${words[0]}`
  const isPlain = /^[a-z]+$/.test(words[at] ?? '')
  const start = command.commands.find((one) => one.name() === 'start')
  if (command.commands.length > 0 && start === undefined && isPlain) return `${command.name()} has no ${words[at]}`
  const known = [...command.options, ...(start?.options ?? [])].flatMap(({ long, short }) => [long, short])
  const unknown = words
    .slice(at)
    .map((word) => /^--?[a-zA-Z][a-z-]*/.exec(word)?.[0])
    .find((option) => option !== undefined && option !== '--help' && !known.includes(option))
  return unknown === undefined ? null : `${command.name()} has no option ${unknown}`
}
