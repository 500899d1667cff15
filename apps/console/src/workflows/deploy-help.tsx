import { Stack, Text } from '@mantine/core'
import { CodeText } from '../ui/code/index.ts'
import { EmptyState } from '../ui/index.ts'

interface DeployHelpProps {
  /** `namespace/slug`, when workflows of one project are looked at. */
  readonly project?: string | undefined
}

/** How the first workflow comes here. */
export function DeployHelp({ project }: DeployHelpProps) {
  const deploy = project === undefined ? 'millrace deploy' : `millrace deploy --project ${project}`
  return (
    <EmptyState title="No workflows yet">
      <Stack gap="xs" ta="left" w="100%">
        <Text size="sm" ta="center">
          Workflows are written in TypeScript and deployed from their folder. In a terminal:
        </Text>
        <CodeText
          label="Commands that deploy a first workflow"
          text={`millrace init my-workflows\ncd my-workflows\nmillrace login ${location.origin}\n${deploy}`}
        />
      </Stack>
    </EmptyState>
  )
}
