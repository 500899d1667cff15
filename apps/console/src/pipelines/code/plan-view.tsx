import { Accordion, Alert, Badge, Group, Stack, Text } from '@mantine/core'
import type { Schema } from '../../api/index.ts'
import { TextDifference } from '../../ui/code/index.ts'
import { EmptyState } from '../../ui/index.ts'

const looks = {
  create: { label: 'new', color: 'green' },
  update: { label: 'changed', color: 'blue' },
  delete: { label: 'removed', color: 'red' },
} as const

/** What a configuration would change, one thing after the other. */
export function PlanView({ plan: { changes, problems } }: { readonly plan: Schema<'ConfigurationPlan'> }) {
  return (
    <Stack gap="sm">
      {problems.length > 0 && (
        <Alert color="red" role="alert" title="It cannot be applied">
          {problems.map(({ place, message }) => (
            <Text key={`${place} ${message}`} size="sm">
              {place}: {message}
            </Text>
          ))}
        </Alert>
      )}
      {changes.length === 0 && problems.length === 0 ? (
        <EmptyState title="Nothing would change">The project is as the configuration says already.</EmptyState>
      ) : (
        <Accordion variant="contained" multiple>
          {changes.map(({ action, kind, name, fields, before, after }, at) => (
            <Accordion.Item key={`${kind} ${name}`} value={`${kind}-${at}`}>
              <Accordion.Control>
                <Group gap="xs">
                  <Badge variant="light" color={looks[action].color}>
                    {looks[action].label}
                  </Badge>
                  <Text size="sm">
                    {kind.replace('_', ' ')} <strong>{name}</strong>
                  </Text>
                  {fields.length > 0 && (
                    <Text size="xs" c="dimmed">
                      {fields.join(', ')}
                    </Text>
                  )}
                </Group>
              </Accordion.Control>
              <Accordion.Panel>
                <TextDifference before={textOf(before)} after={textOf(after)} label={`Difference of ${kind} ${name}`} />
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      )}
    </Stack>
  )
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? '' : `${JSON.stringify(value, null, 2)}\n`
}
