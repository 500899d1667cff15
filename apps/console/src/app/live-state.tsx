import { Group, Text, Tooltip } from '@mantine/core'
import { useIsConnected } from '../api/index.ts'
import { useIsLive } from '../live/index.ts'
import styles from './live-state.module.css'

/** Whether what is shown changes by itself, or waits for the server. */
export function LiveState() {
  const isConnected = useIsConnected()
  const isLive = useIsLive()
  return (
    <div role="status" className={styles.state}>
      {!isConnected ? (
        <Tooltip label="The server does not answer. What you see is what it said last; the page goes on by itself when it is back.">
          <Group gap={6} wrap="nowrap" data-state="lost">
            <span className={styles.lost} aria-hidden />
            <Text size="sm">Reconnecting</Text>
          </Group>
        </Tooltip>
      ) : (
        isLive && (
          <Tooltip label="What changes on the server is shown here at once.">
            <Group gap={6} wrap="nowrap" data-state="live">
              <span className={styles.live} aria-hidden />
              <Text size="sm" c="dimmed" visibleFrom="sm">
                Live
              </Text>
            </Group>
          </Tooltip>
        )
      )}
    </div>
  )
}
