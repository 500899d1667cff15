import { Button, Group, PasswordInput, Textarea } from '@mantine/core'
import type { WidgetProps } from '@rjsf/utils'
import { useState } from 'react'
import { inputProps } from './input-props.ts'
import { isKeptSecret, keptSecret } from './kept-secret.ts'
import styles from './schema-form.module.css'

/**
 * A secret goes one way only. While one is stored the empty field means that it stays; a button takes it away, which is
 * done when the form is saved.
 */
export function SecretWidget(props: WidgetProps) {
  const { value, schema, onChange, label } = props
  const [isStored] = useState(() => isKeptSecret(value))
  const isKept = isKeptSecret(value)
  const isRemoved = isStored && value === undefined
  const change = (typed: string) => onChange(typed === '' ? (isStored ? keptSecret : undefined) : typed)
  const common = {
    ...inputProps(props),
    value: isKept ? '' : ((value as string | undefined) ?? ''),
    placeholder: isKept ? 'kept' : isRemoved ? 'is removed when you save' : '',
    required: (props.required ?? false) && !isKept,
    autoComplete: 'new-password',
  }
  const isLong = /PEM|content of/i.test(schema.description ?? '') || schema['x-multiline'] === true
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      {isLong ? (
        <Textarea
          {...common}
          classNames={{ input: styles.secret }}
          flex={1}
          autosize
          minRows={2}
          maxRows={6}
          spellCheck={false}
          onChange={({ currentTarget }) => change(currentTarget.value)}
        />
      ) : (
        <PasswordInput
          {...common}
          flex={1}
          visibilityToggleButtonProps={{ 'aria-label': `Show or hide what you type as ${label}`, tabIndex: 0 }}
          onChange={({ currentTarget }) => change(currentTarget.value)}
        />
      )}
      {isStored && (
        <Button
          variant="default"
          aria-label={isRemoved ? `Keep ${label}` : `Remove ${label}`}
          onClick={() => onChange(isRemoved ? keptSecret : undefined)}
        >
          {isRemoved ? 'Keep' : 'Remove'}
        </Button>
      )}
    </Group>
  )
}
