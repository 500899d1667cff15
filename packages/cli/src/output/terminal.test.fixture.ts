import type { ProgressStream } from './progress.ts'

export interface FakeTerminal extends ProgressStream {
  columns: number
  rows: number
  /** Everything that a person sees, what has scrolled away included; without colours. */
  lines(): readonly string[]
  readonly written: string
}

/** As much of a terminal as the views use: lines, the cursor up, and what clears. Lines that are too long do not wrap. */
export function fakeTerminal(columns = 100, rows = 30): FakeTerminal {
  const screen: string[] = ['']
  let row = 0
  let column = 0
  const terminal: FakeTerminal & { written: string } = {
    isTTY: true,
    columns,
    rows,
    written: '',
    lines: () => screen.map((line) => line.trimEnd()).filter((line, at) => line !== '' || at < screen.length - 1),
    write(text) {
      terminal.written += text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal reads
      for (const [token, , count, command] of text.matchAll(/\u001b\[(\??)(\d*)([A-Za-z])|[^\u001b]/gsu)) {
        if (command === 'A') row = Math.max(0, row - Number(count || 1))
        else if (command === 'K') screen[row] = [...(screen[row] ?? '')].slice(0, column).join('')
        else if (command === 'J') {
          screen[row] = [...(screen[row] ?? '')].slice(0, column).join('')
          screen.length = row + 1
        } else if (command !== undefined) continue
        else if (token === '\n') {
          row++
          column = 0
          screen[row] ??= ''
        } else if (token === '\r') column = 0
        else {
          const line = [...(screen[row] ?? '').padEnd(column)]
          line[column] = token
          screen[row] = line.join('')
          column++
        }
      }
    },
  }
  return terminal
}
