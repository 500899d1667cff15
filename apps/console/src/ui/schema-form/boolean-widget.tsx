import { Checkbox, NativeSelect } from '@mantine/core'
import type { WidgetProps } from '@rjsf/utils'
import { inputProps } from './input-props.ts'

/** A box where yes or no is the question; a choice with a third, "as it is by default", where the schema leaves that open. */
export function BooleanWidget(props: WidgetProps) {
  const { value, schema, onChange, required = false } = props
  const fallback: unknown = schema['x-default']
  if (!required && typeof fallback !== 'boolean' && schema.description?.includes('Default')) {
    return (
      <NativeSelect
        {...inputProps(props)}
        data={[
          { value: '', label: 'by default' },
          { value: 'yes', label: 'yes' },
          { value: 'no', label: 'no' },
        ]}
        value={value === undefined ? '' : value ? 'yes' : 'no'}
        onChange={({ currentTarget }) =>
          onChange(currentTarget.value === '' ? undefined : currentTarget.value === 'yes')
        }
      />
    )
  }
  const { required: _required, ...rest } = inputProps(props)
  return (
    <Checkbox
      {...rest}
      checked={(value as boolean | undefined) ?? fallback === true}
      onChange={({ currentTarget }) => onChange(currentTarget.checked === fallback ? undefined : currentTarget.checked)}
    />
  )
}
