import { Alert, Anchor, Group, Switch, Text, TextInput } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import { EmptyState, Loaded, stateLook } from '../ui/index.ts'
import { eventState, eventText } from './event-text.ts'
import styles from './run-events.module.css'
import { type RunEvent, useRunEvents } from './use-run-events.ts'
import { useTaskSearch } from './use-task-search.ts'
import { withLocalTimes } from './with-local-times.ts'

const clock = new Intl.DateTimeFormat(undefined, {
  ...({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const),
  fractionalSecondDigits: 3,
})

/** What happened to a run, in order. */
export function RunEventsPage() {
  const { run } = useParams({ from: '/shell/runs/$run' })
  const events = useRunEvents(run)
  const [text, setText] = useState('')
  const [isNewestFirst, setNewestFirst] = useState(true)
  return (
    <Loaded query={events}>
      {({ events: all, isCut }) => (
        <>
          <Group>
            <TextInput
              aria-label="Filter events"
              placeholder="Filter by task or text"
              size="xs"
              w={260}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Switch
              size="xs"
              label="Newest first"
              checked={isNewestFirst}
              onChange={(event) => setNewestFirst(event.currentTarget.checked)}
            />
            <Text size="xs" c="dimmed" className="numeric">
              {all.length.toLocaleString()} events
            </Text>
          </Group>
          {isCut && (
            <Alert color="yellow" p="xs">
              Only the first {all.length.toLocaleString()} events are shown.
            </Alert>
          )}
          <EventList all={all} text={text.trim().toLowerCase()} isNewestFirst={isNewestFirst} />
        </>
      )}
    </Loaded>
  )
}

interface EventListProps {
  readonly all: readonly RunEvent[]
  /** Lower case. */
  readonly text: string
  readonly isNewestFirst: boolean
}

function EventList({ all, text, isNewestFirst }: EventListProps) {
  const { open } = useTaskSearch()
  const scroller = useRef<HTMLElement>(null)
  const shown = useMemo(() => {
    const found =
      text === '' ? all : all.filter((event) => `${placeText(event)} ${eventText(event)}`.toLowerCase().includes(text))
    return isNewestFirst ? found.toReversed() : found
  }, [all, text, isNewestFirst])
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 32,
    overscan: 10,
    getItemKey: (at) => shown[at]?.id ?? at,
  })
  if (shown.length === 0)
    return <EmptyState title="No such event">Nothing that happened so far matches the filter.</EmptyState>
  return (
    <section
      ref={scroller}
      className={styles.scroller}
      aria-label="Events"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
    >
      <ol className={styles.list} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const event = shown[index]
          if (event === undefined) return null
          const state = eventState(event)
          const look = state === null ? null : stateLook(state)
          const Icon = look?.icon
          return (
            <li
              key={key}
              ref={rows.measureElement}
              data-index={index}
              className={styles.event}
              style={{ transform: `translateY(${start}px)` }}
            >
              <time dateTime={event.at} title={event.at} className={styles.time}>
                {clock.format(new Date(event.at))}
              </time>
              {Icon === undefined ? (
                <span className={styles.icon} />
              ) : (
                <Icon
                  size={16}
                  className={styles.icon}
                  color={`var(--mantine-color-${look?.color}-text)`}
                  aria-hidden
                />
              )}
              {event.task_run === undefined ? (
                <span className={styles.place}>Run</span>
              ) : (
                <Anchor
                  component="button"
                  type="button"
                  size="sm"
                  ta="left"
                  className={styles.place}
                  onClick={() => open(event.task_run ?? 0)}
                >
                  {placeText(event)}
                </Anchor>
              )}
              <span className={styles.text}>{withLocalTimes(eventText(event))}</span>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

function placeText({ node, map_index, task_run }: RunEvent): string {
  if (task_run === undefined) return 'Run'
  return map_index === undefined ? `${node}` : `${node}[${map_index}]`
}
