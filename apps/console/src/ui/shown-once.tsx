import { Alert, Button, Code, Group, Text } from '@mantine/core'
import { CopyText } from './copy-text.tsx'

interface ShownOnceProps {
  /** What it is: "The token nightly". */
  readonly title: string
  readonly value: string
  readonly onClose: () => void
}

/** A secret that the server tells only now. */
export function ShownOnce({ title, value, onClose }: ShownOnceProps) {
  return (
    <Alert role="status" color="green" title={title}>
      <Text size="sm" mb={4}>
        Copy it now: it is not kept, and cannot be shown again.
      </Text>
      <Group gap="xs" wrap="nowrap" mb="xs">
        <Code style={{ overflowWrap: 'anywhere' }} data-shown-once>
          {value}
        </Code>
        <CopyText value={value} label="Copy it" />
      </Group>
      <Button size="xs" variant="default" onClick={onClose}>
        I have copied it
      </Button>
    </Alert>
  )
}
