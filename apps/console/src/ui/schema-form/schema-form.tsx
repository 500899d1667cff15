import { Button, Group } from '@mantine/core'
// The door of the package imports what its own tests need.
import Form from '@rjsf/core/lib/components/Form.js'
import type { ErrorSchema } from '@rjsf/utils'
import { ErrorSchemaBuilder } from '@rjsf/utils'
import { type ReactNode, useMemo, useState } from 'react'
import type { FieldErrors } from './field-errors.ts'
import type { FormContext } from './form-context.ts'
import { formSchema } from './form-schema.ts'
import { formValidator } from './form-validator.ts'
import { formTheme } from './theme.ts'
import { uiSchemaOf } from './ui-schema.ts'

export interface SchemaFormProps<Value extends object> {
  /** JSON Schema of an object, without references to elsewhere. */
  readonly schema: object
  /** What it begins with, and takes up when another object is given. Stored secrets stand in it as `keptSecret`. */
  readonly value?: Value
  readonly onChange?: (value: Value) => void
  /** With a value that the schema takes. Fields that were left empty are not in it. */
  readonly onSubmit: (value: Value) => void
  readonly submitLabel: string
  /** While what was submitted is done; it cannot be submitted again. */
  readonly isSubmitting?: boolean
  readonly isDisabled?: boolean
  /** What the server refuses, by field: see `fieldErrors`. */
  readonly extraErrors?: FieldErrors
  readonly context?: FormContext
  /** Of fields' ids, where a page has several forms. */
  readonly idPrefix?: string
  /** Between the fields and the buttons. */
  readonly children?: ReactNode
  /** Beside the button that submits. */
  readonly actions?: ReactNode
}

/** A form made from a JSON Schema, with what is wrong beside each field in plain sentences. */
export function SchemaForm<Value extends object = Record<string, unknown>>({
  schema,
  value,
  onChange,
  onSubmit,
  submitLabel,
  isSubmitting = false,
  isDisabled = false,
  extraErrors,
  context = {},
  idPrefix = 'field',
  children,
  actions,
}: SchemaFormProps<Value>) {
  const form = useMemo(() => formSchema(schema), [schema])
  const uiSchema = useMemo(() => uiSchemaOf(form), [form])
  const [given, setGiven] = useState(value)
  const [typed, setTyped] = useState<Value>(value ?? ({} as Value))
  // Once something was refused, what is typed is checked at once.
  const [wasRefused, setWasRefused] = useState(false)
  if (value !== given) {
    setGiven(value)
    if (value !== undefined) setTyped(value)
  }
  const errors = useMemo(() => errorSchema(extraErrors), [extraErrors])
  return (
    <Form
      {...formTheme}
      schema={form}
      uiSchema={uiSchema}
      validator={formValidator}
      formData={typed}
      formContext={context}
      idPrefix={idPrefix}
      disabled={isDisabled}
      liveValidate={wasRefused ? 'onChange' : false}
      noHtml5Validate
      showErrorList={false}
      focusOnFirstError
      extraErrors={errors}
      experimental_defaultFormStateBehavior={{ emptyObjectFields: 'skipEmptyDefaults' }}
      onChange={({ formData }) => {
        setTyped(formData)
        onChange?.(formData)
      }}
      onError={() => setWasRefused(true)}
      onSubmit={({ formData }) => {
        if (!isSubmitting) onSubmit(withoutEmpty(formData) as Value)
      }}
    >
      {children}
      <Group mt="md">
        <Button type="submit" loading={isSubmitting} disabled={isDisabled}>
          {submitLabel}
        </Button>
        {actions}
      </Group>
    </Form>
  )
}

function errorSchema(errors: FieldErrors = {}): ErrorSchema {
  const builder = new ErrorSchemaBuilder()
  for (const [field, message] of Object.entries(errors)) builder.addErrors(message, field.split('.'))
  return builder.ErrorSchema as ErrorSchema
}

/** Groups that nobody filled in are not there. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== undefined).map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .map(([name, part]) => [name, withoutEmpty(part)] as const)
    .filter(([, part]) => part !== undefined && !isEmptyGroup(part))
  return Object.fromEntries(kept)
}

function isEmptyGroup(part: unknown): boolean {
  return typeof part === 'object' && part !== null && !Array.isArray(part) && Object.keys(part).length === 0
}
