import { VisuallyHidden } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { durationText } from '../../ui/index.ts'
import styles from './gantt.module.css'
import type { Segment, TimelineRow } from './timeline.ts'

interface GanttRowProps {
  readonly row: TimelineRow
  readonly top: number
  readonly labelPx: number
  readonly rowPx: number
  readonly pxPerMs: number
  /** Of the axis. */
  readonly start: number
  readonly now: number
  readonly isActive: boolean
  readonly isSelected: boolean
  /** Whether its items are shown; null when it has none. */
  readonly isOpen: boolean | null
  readonly onToggle: (node: string) => void
  readonly onOpen: (taskRun: number) => void
}

export function GanttRow(props: GanttRowProps) {
  const { row, top, labelPx, rowPx, pxPerMs, start, now, isActive, isSelected, isOpen, onToggle, onOpen } = props
  const name = row.mapIndex === null ? row.node : `${row.node}[${row.mapIndex}]`
  const text = [name, ...row.segments.map((segment) => segmentText(segment, now))].join(', ')
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus and the keys
    // biome-ignore lint/a11y/useFocusableInteractive: as above
    <div
      id={`gantt-${row.taskRun}`}
      role="option"
      aria-selected={isSelected}
      className={styles.row}
      data-active={isActive || undefined}
      style={{ height: rowPx, transform: `translateY(${top}px)` }}
      onClick={() => onOpen(row.taskRun)}
    >
      <VisuallyHidden>{text}</VisuallyHidden>
      <span
        className={styles.label}
        aria-hidden
        style={{ width: labelPx, paddingLeft: row.mapIndex === null ? 8 : 28 }}
      >
        {isOpen !== null && (
          <Chevron
            size={16}
            aria-hidden
            onClick={(event) => {
              event.stopPropagation()
              onToggle(row.node)
            }}
          />
        )}
        <span title={name}>{name}</span>
      </span>
      {row.segments.map((segment) => {
        const widthPx = Math.max(2, ((segment.to ?? now) - segment.from) * pxPerMs)
        return (
          <span
            key={`${segment.kind}-${segment.from}`}
            className={styles.bar}
            aria-hidden
            data-kind={segment.kind}
            data-outcome={segment.outcome ?? (segment.kind === 'running' ? 'running' : undefined)}
            title={segmentText(segment, now)}
            style={{ left: labelPx + (segment.from - start) * pxPerMs, width: widthPx }}
          >
            {segment.kind === 'running' && widthPx > 60 ? durationText((segment.to ?? now) - segment.from) : ''}
          </span>
        )
      })}
    </div>
  )
}

function segmentText({ kind, from, to, attempt, outcome }: Segment, now: number): string {
  const took = durationText((to ?? now) - from)
  switch (kind) {
    case 'queued':
      return `${took} waiting for a worker`
    case 'running':
      return `attempt ${attempt ?? ''} ${outcome ?? 'running'} ${to === null ? 'for' : 'after'} ${took}`
    case 'pause':
      return `${took} until the next attempt`
    case 'items':
      return `items for ${took}`
  }
}
