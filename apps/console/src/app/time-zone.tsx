import { Text, Tooltip } from '@mantine/core'

/** The zone that times are shown in. */
export function TimeZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <Tooltip label="Times are shown in the time zone of this device. Point at a time for its exact value.">
      <Text size="sm" c="dimmed" visibleFrom="lg" style={{ whiteSpace: 'nowrap' }}>
        {zone}
      </Text>
    </Tooltip>
  )
}
