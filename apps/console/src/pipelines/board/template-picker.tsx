import { Badge, Group, Modal, Stack, Text, TextInput, UnstyledButton } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import type { Schema } from '../../api/index.ts'
import { EmptyState } from '../../ui/index.ts'
import type { PipelineState } from '../states.ts'
import styles from './template-picker.module.css'

type Template = Schema<'PipelineTemplate'>

interface TemplatePickerProps {
  readonly state: PipelineState
  readonly templates: readonly Template[]
  readonly onPick: (template: Template) => void
  readonly onClose: () => void
}

/** The templates that a transformation of a state can be made from. */
export function TemplatePicker({ state, templates, onPick, onClose }: TemplatePickerProps) {
  const [search, setSearch] = useState('')
  const fitting = templates.filter((one) => one.state === null || one.state === state)
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const found = fitting.filter((one) => {
    const text = [one.name, one.description, one.operator, ...one.tags, ...Object.keys(one.variable_structures)]
      .join(' ')
      .toLowerCase()
    return words.every((word) => text.includes(word))
  })
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`Add a transformation to ${state}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="sm">
        <TextInput
          data-autofocus
          aria-label="Find a template"
          placeholder="Find a template by name, description, tag or variable"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
          onKeyDown={({ key }) => {
            const [only] = found
            if (key === 'Enter' && only !== undefined && found.length === 1) onPick(only)
          }}
        />
        {found.length === 0 ? (
          <EmptyState title={fitting.length === 0 ? `No template is for ${state}` : 'No template fits'}>
            {fitting.length === 0
              ? 'Templates are made on the page of the project: Pipelines, Templates.'
              : 'Search for fewer words.'}
          </EmptyState>
        ) : (
          <ul className={styles.list} aria-label="Templates">
            {found.map((template) => (
              <li key={template.id}>
                <UnstyledButton
                  className={styles.template ?? ''}
                  aria-label={`Add ${template.name}`}
                  onClick={() => onPick(template)}
                >
                  <Group gap="xs">
                    <Text fw={600} size="sm">
                      {template.name}
                    </Text>
                    <Badge variant="default" size="sm">
                      {template.operator}
                    </Badge>
                    {template.tags.map((tag) => (
                      <Badge key={tag} variant="light" size="sm">
                        {tag}
                      </Badge>
                    ))}
                  </Group>
                  {template.description !== null && <Text size="sm">{template.description}</Text>}
                  <Text size="xs" c="dimmed">
                    {Object.keys(template.variable_structures).length === 0
                      ? 'no variables'
                      : `variables: ${Object.keys(template.variable_structures).join(', ')}`}
                  </Text>
                </UnstyledButton>
              </li>
            ))}
          </ul>
        )}
      </Stack>
    </Modal>
  )
}
