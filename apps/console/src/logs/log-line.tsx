import { memo, useMemo, useState } from 'react'
import { ansiParts, withoutAnsi } from './ansi.ts'
import { clockText } from './clock-text.ts'
import { highlighted } from './log-search.ts'
import type { LogRow } from './log-store.ts'
import styles from './log-view.module.css'

interface LogLineProps {
  /** From 0, in the log; shown from 1. */
  readonly line: number
  readonly row: LogRow | undefined
  readonly pattern: RegExp | null
  readonly isUtc: boolean
  readonly isMarked: boolean
  readonly onMark: (line: number) => void
}

/** A line of a log: its number, which is a link to it, when, what kind, and its text. */
export const LogLine = memo(function LogLine({ line, row, pattern, isUtc, isMarked, onMark }: LogLineProps) {
  const [isOpen, setOpen] = useState(false)
  const entry = row?.entry
  const number = line + 1
  return (
    <div className={styles.line} data-level={entry?.level} data-marked={isMarked || undefined}>
      <a
        className={styles.number}
        href={`#L${number}`}
        tabIndex={-1}
        aria-label={`Line ${number}`}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return
          event.preventDefault()
          onMark(line)
        }}
      >
        {number}
      </a>
      {entry === undefined ? (
        <span className={styles.text}>…</span>
      ) : (
        <>
          {entry.at > 0 && (
            <time
              className={styles.time}
              dateTime={new Date(entry.at).toISOString()}
              title={new Date(entry.at).toISOString()}
            >
              {clockText(entry.at, isUtc)}
            </time>
          )}
          {entry.level !== 'info' && <span className={styles.level}>{entry.level}</span>}
          {entry.source !== 'log' && <span className={styles.source}>{entry.source}</span>}
          <span className={styles.text}>
            <LogText text={entry.text} pattern={pattern} />
            {entry.fields !== undefined && (
              <>
                {' '}
                <button
                  type="button"
                  className={styles.fold}
                  aria-expanded={isOpen}
                  onClick={() => setOpen((before) => !before)}
                >
                  {isOpen ? 'hide fields' : fieldNames(entry.fields)}
                </button>
                {isOpen && <span className={styles.fields}>{JSON.stringify(entry.fields, null, 2)}</span>}
              </>
            )}
          </span>
        </>
      )}
    </div>
  )
})

function fieldNames(fields: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(fields)
  return `{ ${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''} }`
}

function LogText({ text, pattern }: { readonly text: string; readonly pattern: RegExp | null }) {
  const parts = useMemo(() => {
    // A match may go across colors; while something is searched, the matches are what matters.
    if (pattern !== null) return highlighted(withoutAnsi(text), pattern)
    return ansiParts(text)
  }, [text, pattern])
  return parts.map((part, at) =>
    'isMatch' in part ? (
      part.isMatch ? (
        <mark key={`${at}`} className={styles.match}>
          {part.text}
        </mark>
      ) : (
        part.text
      )
    ) : (
      <span key={`${at}`} data-color={part.color} data-bold={part.isBold} data-dim={part.isDim}>
        {part.text}
      </span>
    ),
  )
}
