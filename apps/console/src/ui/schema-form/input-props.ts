import type { RJSFSchema, WidgetProps } from '@rjsf/utils'

/** What every input of the form has: its name, what it is for, what is wrong with it. */
export function inputProps({
  id,
  label,
  hideLabel,
  required,
  disabled,
  readonly,
  autofocus,
  rawErrors = [],
  schema,
  onBlur,
  value,
}: WidgetProps) {
  const name = label === '' ? 'Value' : label
  return {
    id,
    ...(hideLabel ? { 'aria-label': name } : { label: name }),
    ...(schema.description === undefined || hideLabel ? {} : { description: inWords(schema.description) }),
    error: rawErrors.length === 0 ? undefined : rawErrors.join(' '),
    required: required ?? false,
    disabled: (disabled ?? false) || (readonly ?? false),
    autoFocus: autofocus ?? false,
    onBlur: () => onBlur(id, value),
  }
}

/** What holds while the field is empty, for its placeholder. */
export function defaultText(schema: RJSFSchema): string | undefined {
  const fallback: unknown = schema['x-default']
  if (fallback === undefined || fallback === null || fallback === '') return undefined
  if (typeof fallback === 'boolean') return fallback ? 'yes' : 'no'
  return typeof fallback === 'object' ? JSON.stringify(fallback) : `${fallback as string}`
}

/** Descriptions are plain text with names in back-ticks; the ticks say nothing here. */
export function inWords(description: string): string {
  return description.replaceAll('`', '')
}
