import { Alert, Code, Group, Spoiler, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Schema } from '../../api/index.ts'
import { CopyText } from '../../ui/index.ts'

interface AttemptFailureProps {
  readonly failure: NonNullable<Schema<'Attempt'>['failure']>
  /** What may be repaired. */
  readonly children?: ReactNode
}

/** Why an attempt failed, and what helps. */
export function AttemptFailure({ failure, children }: AttemptFailureProps) {
  const { reason, code, message, stack, recovery } = failure
  return (
    <Alert
      color="red"
      // What is wide within it, such as the stack, scrolls there.
      styles={{ body: { minWidth: 0 } }}
      icon={<IconAlertTriangle aria-hidden />}
      title={
        <Group gap="xs">
          <span>{reason === 'error' ? code : `${code} (${reason})`}</span>
          <CopyText value={[message, stack].filter(Boolean).join('\n\n')} label="Copy the failure" />
        </Group>
      }
    >
      <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {message}
      </Text>
      {recovery !== undefined && (
        <Text size="sm" fw={500} mt={4}>
          {recoveryText(recovery)}
        </Text>
      )}
      {children}
      {stack !== undefined && (
        <Spoiler
          maxHeight={0}
          showLabel="Show the stack"
          hideLabel="Hide the stack"
          mt={4}
          styles={{
            control: { fontSize: 'var(--mantine-font-size-sm)', color: 'inherit', textDecoration: 'underline' },
          }}
        >
          <Code block tabIndex={0} aria-label="Stack" mah={300} style={{ overflow: 'auto' }}>
            {stack}
          </Code>
        </Spoiler>
      )}
    </Alert>
  )
}

/** What is known of whether trying again helps. */
function recoveryText(recovery: string): string {
  const texts: Readonly<Record<string, string>> = {
    transient: 'Trying again may help: retry the task.',
    config: 'Trying again gives the same: correct the settings, such as a connection or a parameter, then retry.',
    data: 'Trying again gives the same: correct the data, then retry.',
    fatal: 'Trying again gives the same: this needs a change of the code or of the platform.',
  }
  return texts[recovery] ?? recovery
}
