import { SegmentedControl, Stack, Text, Title, useMantineColorScheme } from '@mantine/core'

/** How this browser shows the console. */
export function View() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <section aria-labelledby="view">
      <Title order={2} id="view" mb="xs">
        In this browser
      </Title>
      <Stack gap="xs" align="flex-start">
        <SegmentedControl
          aria-label="Colors"
          value={colorScheme}
          onChange={(next) => setColorScheme(next as typeof colorScheme)}
          data={[
            { value: 'auto', label: 'As the device' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
        />
        <Text size="sm" c="dimmed">
          Times are shown in the zone of the device: {Intl.DateTimeFormat().resolvedOptions().timeZone}.
        </Text>
      </Stack>
    </section>
  )
}
