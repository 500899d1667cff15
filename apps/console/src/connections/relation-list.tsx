import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import styles from './connections.module.css'

interface RelationListProps {
  readonly tables: readonly string[]
  readonly selected: string | undefined
  readonly onSelect: (table: string) => void
}

const rowHeight = 30

/** Thousands of names, of which only those in sight are on the page; the arrow keys go through them. */
export function RelationList({ tables, selected, onSelect }: RelationListProps) {
  const frame = useRef<HTMLElement>(null)
  const rows = useVirtualizer({
    count: tables.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  const move = (event: React.KeyboardEvent, index: number) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const next = index + step
    if (step === 0 || next < 0 || next >= tables.length) return
    event.preventDefault()
    rows.scrollToIndex(next)
    requestAnimationFrame(() => frame.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus())
  }
  return (
    <section className={styles.relations} ref={frame} aria-label="Tables">
      <ul style={{ height: rows.getTotalSize(), position: 'relative', margin: 0, padding: 0, listStyle: 'none' }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const table = tables[index] ?? ''
          const dot = table.lastIndexOf('.')
          const scope = /^[\w$]+(\.[\w$]+)+$/.test(table) ? table.slice(0, dot + 1) : ''
          return (
            <li
              key={table}
              style={{ position: 'absolute', top: 0, width: '100%', transform: `translateY(${start}px)` }}
            >
              <button
                type="button"
                className={styles.relation}
                data-index={index}
                aria-current={table === selected}
                title={table}
                onClick={() => onSelect(table)}
                onKeyDown={(event) => move(event, index)}
              >
                <span className={styles.scope}>{scope}</span>
                {table.slice(scope.length)}
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
