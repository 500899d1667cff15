import type { LogEntry } from '@millrace/client'
import type { Context } from '../context.ts'
import { printable } from './printable.ts'
import { logText } from './run-lines.ts'

export interface LogPlace {
  readonly node: string
  readonly mapIndex: number | null
  readonly attempt: number
}

export type LogPrinter = (place: LogPlace, line: LogEntry) => void

const colors = [36, 33, 35, 34, 32, 96]
const levelColors: Readonly<Record<string, number>> = { debug: 90, warn: 33, error: 31 }

/** Lines of several tasks, each with its time and the name of its task: in a colour of its own on a terminal; or JSON. */
export function createLogPrinter({
  json,
  isAlone,
  out,
  secrets,
}: Pick<Context, 'out' | 'secrets'> & {
  readonly json: boolean
  /** There is one task only, which needs no name. */
  readonly isAlone: boolean
}): LogPrinter {
  const { mask } = secrets
  if (json) {
    return ({ node, mapIndex, attempt }, line) =>
      out(`${mask(JSON.stringify({ node, map_index: mapIndex, attempt, ...line }))}\n`)
  }
  const isColored = process.stdout.isTTY === true && process.env.TERM !== 'dumb' && !process.env.NO_COLOR
  const paint = (color: number | undefined, text: string) =>
    isColored && color !== undefined ? `\u001b[${color}m${text}\u001b[0m` : text
  const colorOf = new Map<string, number>()
  return ({ node, mapIndex, attempt }, line) => {
    const color = colorOf.get(node) ?? colors[colorOf.size % colors.length]
    if (color !== undefined) colorOf.set(node, color)
    const name = `${node}${mapIndex === null ? '' : `[${mapIndex}]`}${attempt > 1 ? ` #${attempt}` : ''}`
    const prefix = isAlone ? '' : `${paint(color, printable(name))} | `
    const time = paint(90, new Date(line.at).toTimeString().slice(0, 8))
    for (const text of mask(logText(line)).split('\n')) {
      out(`${time}  ${prefix}${paint(levelColors[line.level], printable(text))}\n`)
    }
  }
}
