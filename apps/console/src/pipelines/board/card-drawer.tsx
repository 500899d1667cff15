import { Alert, Badge, Button, Code, Drawer, Group, Stack, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { Schema } from '../../api/index.ts'
import { SchemaForm } from '../../ui/schema-form/index.ts'
import type { Card, Values } from './board.ts'
import type { PlacedProblem } from './problems.ts'

interface CardDrawerProps {
  readonly card: Card
  readonly template: Schema<'PipelineTemplate'> | undefined
  /** Of this card. */
  readonly problems: readonly PlacedProblem[]
  readonly projectId: string
  /** Undefined for whoever may only look. */
  readonly onChange: ((variables: Values) => void) | undefined
  readonly onRemove: () => void
  readonly onClose: () => void
}

/** The variables of a transformation as a form; the server says while one types what is wrong. */
export function CardDrawer({ card, template, problems, projectId, onChange, onRemove, onClose }: CardDrawerProps) {
  // What is typed goes out, and must not come back in while it is typed.
  const [initial, setInitial] = useState(card.variables)
  const known = Object.keys(template?.variable_structures ?? {})
  const extra = Object.keys(card.variables).filter((name) => !known.includes(name))
  const value = useMemo(
    () => Object.fromEntries(Object.entries(initial).filter(([name]) => known.includes(name))),
    // A template that changes meanwhile is another object.
    [initial, template],
  )
  const errors = useMemo(() => {
    const named = problems.filter(({ variable }) => variable !== undefined && known.includes(variable))
    return Object.fromEntries(named.map(({ variable, message }) => [variable ?? '', message]))
  }, [problems, template])
  const others = problems.filter(({ variable }) => variable === undefined || !known.includes(variable))
  const change = (typed: Values) => {
    const given = Object.entries(typed).filter(([, one]) => one !== undefined)
    const kept = extra.map((name) => [name, card.variables[name]] as const)
    onChange?.(Object.fromEntries([...kept, ...given]) as Values)
  }
  const dropExtra = () => {
    const kept = Object.fromEntries(Object.entries(card.variables).filter(([name]) => known.includes(name)))
    setInitial(kept)
    onChange?.(kept)
  }
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="md"
      title={
        <Group gap="xs">
          <Text fw={600}>{template?.name ?? 'Transformation'}</Text>
          <Badge variant="default">{card.state}</Badge>
        </Group>
      }
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        {template?.description != null && <Text size="sm">{template.description}</Text>}
        {template === undefined && (
          <Alert color="red" title="Its template is not there any more">
            Remove this transformation, or add the template again.
          </Alert>
        )}
        {others.length > 0 && (
          <Alert color="red" title="Problems">
            {others.map(({ message }) => (
              <Text key={message} size="sm">
                {message}
              </Text>
            ))}
            {extra.length > 0 && onChange !== undefined && (
              <Button size="xs" variant="default" mt="xs" onClick={dropExtra}>
                Remove what the template does not take
              </Button>
            )}
          </Alert>
        )}
        {template !== undefined &&
          (known.length === 0 ? (
            <Text size="sm" c="dimmed">
              This template takes no variables: there is nothing to fill in.
            </Text>
          ) : (
            <SchemaForm<Values>
              schema={template.variables_schema}
              value={value as Values}
              idPrefix="variable"
              submitLabel="Done"
              isDisabled={onChange === undefined}
              extraErrors={errors}
              context={{ projectId }}
              onChange={change}
              onSubmit={onClose}
            />
          ))}
        {template !== undefined && (
          <Text size="xs" c="dimmed">
            Runs <Code>{template.operator}</Code>. What is typed here is kept on the board at once, and saved with it.
          </Text>
        )}
        {onChange !== undefined && (
          <Group>
            <Button variant="subtle" color="red" size="xs" onClick={onRemove}>
              Remove this transformation
            </Button>
          </Group>
        )}
      </Stack>
    </Drawer>
  )
}
