import { Group, Progress, Text } from '@mantine/core'

interface LoadBarProps {
  readonly used: number
  readonly of: number
  /** What is used, for those who do not see the bar: "Slots of worker-1". */
  readonly label: string
}

/** How much of something is taken, by number and by length. */
export function LoadBar({ used, of, label }: LoadBarProps) {
  const percent = of === 0 ? 0 : Math.min(100, (used / of) * 100)
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress.Root w={72} aria-hidden visibleFrom="sm">
        <Progress.Section value={percent} color={used >= of ? 'orange' : 'cyan'} withAria={false} />
      </Progress.Root>
      <Text size="sm" className="numeric" style={{ whiteSpace: 'nowrap' }} aria-label={`${label}: ${used} of ${of}`}>
        {used} of {of}
      </Text>
    </Group>
  )
}
