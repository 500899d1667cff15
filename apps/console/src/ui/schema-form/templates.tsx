import { Button, Collapse, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import {
  ADDITIONAL_PROPERTY_FLAG,
  type ArrayFieldTemplateProps,
  canExpand,
  type FieldErrorProps,
  type FieldTemplateProps,
  type MultiSchemaFieldTemplateProps,
  type ObjectFieldTemplateProps,
  type WrapIfAdditionalTemplateProps,
} from '@rjsf/utils'
import { IconChevronDown, IconChevronRight, IconPlus } from '@tabler/icons-react'
import { inWords } from './input-props.ts'

/** Inputs say their label, description and errors themselves; this is what stands around them. */
export function FieldTemplate(props: FieldTemplateProps) {
  const { hidden, children, errors, schema, registry } = props
  const { WrapIfAdditionalTemplate } = registry.templates
  if (hidden) return <div hidden>{children}</div>
  const isGroup = schema.type === 'object' || (schema.type === 'array' && schema.enum === undefined)
  return (
    <WrapIfAdditionalTemplate {...props}>
      {children}
      {isGroup && errors}
    </WrapIfAdditionalTemplate>
  )
}

export function FieldErrorTemplate({ errors = [], fieldPathId }: FieldErrorProps) {
  if (errors.length === 0) return null
  return (
    <Text size="xs" c="var(--mantine-color-error)" mt={4} id={`${fieldPathId.$id}-error`} component="div">
      {errors.map((error, place) => (
        <div key={`${place}`}>{error}</div>
      ))}
    </Text>
  )
}

export function ObjectFieldTemplate(props: ObjectFieldTemplateProps) {
  const { properties, title, description, schema, uiSchema, formData, fieldPathId, onAddProperty, disabled } = props
  const folded = (schema['x-folded'] ?? []) as readonly string[]
  const values = (formData ?? {}) as Record<string, unknown>
  const errors = props.errorSchema as Record<string, unknown> | undefined
  const isOpen = (name: string) => !folded.includes(name) || values[name] !== undefined || errors?.[name] !== undefined
  const open = properties.filter(({ name }) => isOpen(name))
  const rest = properties.filter(({ name }) => !isOpen(name))
  const [isUnfolded, { toggle }] = useDisclosure(false)
  const content = (
    <Stack gap="md">
      {open.map(({ name, content }) => (
        <div key={name}>{content}</div>
      ))}
      {canExpand(schema, uiSchema, formData) && (
        <AddButton label={`Add to ${title || 'this'}`} isDisabled={disabled} onClick={onAddProperty} />
      )}
      {rest.length > 0 && (
        <>
          <Group>
            <Button
              variant="subtle"
              size="compact-sm"
              aria-expanded={isUnfolded}
              leftSection={
                isUnfolded ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />
              }
              onClick={toggle}
            >
              {isUnfolded ? 'Fewer settings' : `${rest.length} more settings`}
            </Button>
          </Group>
          <Collapse expanded={isUnfolded}>
            <Stack gap="md">
              {rest.map(({ name, content }) => (
                <div key={name}>{content}</div>
              ))}
            </Stack>
          </Collapse>
        </>
      )}
    </Stack>
  )
  if (fieldPathId.path.length === 0) return content
  return (
    <Fieldset legend={title} id={fieldPathId.$id}>
      {typeof description === 'string' && (
        <Text size="xs" c="dimmed" mb="xs">
          {inWords(description)}
        </Text>
      )}
      {content}
    </Fieldset>
  )
}

export function ArrayFieldTemplate({
  items,
  canAdd,
  onAddClick,
  title,
  schema,
  fieldPathId,
  disabled,
}: ArrayFieldTemplateProps) {
  return (
    <Fieldset legend={title} id={fieldPathId.$id}>
      <Stack gap="xs">
        {schema.description !== undefined && (
          <Text size="xs" c="dimmed">
            {inWords(schema.description)}
          </Text>
        )}
        {items}
        {canAdd && <AddButton label={`Add to ${title || 'the list'}`} isDisabled={disabled} onClick={onAddClick} />}
      </Stack>
    </Fieldset>
  )
}

interface AddButtonProps {
  readonly label: string
  readonly isDisabled: boolean | undefined
  readonly onClick: () => void
}

function AddButton({ label, isDisabled = false, onClick }: AddButtonProps) {
  return (
    <Group>
      <Button
        variant="default"
        size="compact-sm"
        aria-label={label}
        leftSection={<IconPlus size={14} aria-hidden />}
        disabled={isDisabled}
        onClick={() => onClick()}
      >
        Add
      </Button>
    </Group>
  )
}

/** A choice among several forms, with the chosen one below. */
export function MultiSchemaFieldTemplate({ selector, optionSchemaField }: MultiSchemaFieldTemplateProps) {
  return (
    <Stack gap="xs">
      {selector}
      {optionSchemaField}
    </Stack>
  )
}

/** An entry of a map: its name beside its value. */
export function WrapIfAdditionalTemplate(props: WrapIfAdditionalTemplateProps) {
  const { schema, children, label, id, disabled, readonly, onKeyRenameBlur, onRemoveProperty, registry } = props
  if (!(ADDITIONAL_PROPERTY_FLAG in schema)) return <>{children}</>
  const { RemoveButton } = registry.templates.ButtonTemplates
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <TextInput
        key={label}
        id={`${id}-key`}
        aria-label={`Name of the entry ${label}`}
        defaultValue={label}
        disabled={disabled || readonly}
        onBlur={onKeyRenameBlur}
        flex={1}
      />
      <div style={{ flex: 1 }}>{children}</div>
      <RemoveButton registry={registry} onClick={onRemoveProperty} title={`Remove ${label}`} />
    </Group>
  )
}
