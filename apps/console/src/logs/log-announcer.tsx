import { VisuallyHidden } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { withoutAnsi } from './ansi.ts'
import type { LogClient } from './log-client.ts'

const everyMs = 1000
/** Of more lines a second nobody can hear any. */
const mostLines = 5

/** Reads the lines that come out to those who do not see them, as long as they come slowly. */
export function LogAnnouncer({ client, rows }: { readonly client: LogClient; readonly rows: number }) {
  const [text, setText] = useState('')
  const told = useRef<number | null>(null)
  const latest = useRef(rows)
  useEffect(() => {
    latest.current = rows
  })
  useEffect(() => {
    const timer = setInterval(() => {
      const [from, to] = [told.current ?? latest.current, latest.current]
      told.current = to
      if (to <= from) return
      if (to - from > mostLines) return setText(`${to - from} more lines`)
      const lines = Array.from({ length: to - from }, (_, at) => client.row(from + at)?.entry.text ?? '')
      setText(withoutAnsi(lines.join('\n')))
    }, everyMs)
    return () => clearInterval(timer)
  }, [client])
  return (
    <VisuallyHidden role="log" aria-live="polite">
      {text}
    </VisuallyHidden>
  )
}
