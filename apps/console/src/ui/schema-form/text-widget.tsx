import { NumberInput, Textarea, TextInput } from '@mantine/core'
import type { WidgetProps } from '@rjsf/utils'
import { durationText } from '../duration-text.ts'
import { ConnectionWidget } from './connection-widget.tsx'
import { defaultText, inputProps } from './input-props.ts'
import styles from './schema-form.module.css'
import { SecretWidget } from './secret-widget.tsx'

/** A text or a number, by what the schema says of it. An empty field is left out of the value. */
export function TextWidget(props: WidgetProps) {
  const { schema, value } = props
  if (schema.writeOnly) return <SecretWidget {...props} />
  if (schema['x-connection'] === true) return <ConnectionWidget {...props} />
  if (typeof schema['x-code'] === 'string') return <LongText {...props} isCode />
  if (schema.format === 'textarea' || schema['x-multiline'] === true) return <LongText {...props} />
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  if (types.includes('integer') || types.includes('number')) return <Amount {...props} />
  const type = schema.format === 'date' ? 'date' : 'text'
  return (
    <TextInput
      {...inputProps(props)}
      type={type}
      value={value ?? ''}
      placeholder={defaultText(schema) ?? ''}
      autoComplete="off"
      spellCheck={false}
      onChange={({ currentTarget }) => props.onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
    />
  )
}

function Amount(props: WidgetProps) {
  const { schema, value } = props
  const isWhole = schema.type === 'integer'
  const isSeconds = /seconds/i.test(schema.title ?? '') || schema['x-unit'] === 'seconds'
  const asDuration = isSeconds && typeof value === 'number' && value >= 60 ? durationText(value * 1000) : undefined
  return (
    <NumberInput
      {...inputProps(props)}
      value={value ?? ''}
      placeholder={defaultText(schema) ?? ''}
      allowDecimal={!isWhole}
      // The field takes what is typed; what does not fit is said, and not changed silently.
      clampBehavior="none"
      {...(schema.minimum === undefined ? {} : { min: schema.minimum })}
      {...(schema.maximum === undefined ? {} : { max: schema.maximum })}
      hideControls
      onChange={(next) => props.onChange(next === '' ? undefined : next)}
      {...(asDuration === undefined
        ? {}
        : { rightSection: <span className={styles.unit}>{asDuration}</span>, rightSectionWidth: 96 })}
    />
  )
}

function LongText({ isCode = false, ...props }: WidgetProps & { readonly isCode?: boolean }) {
  return (
    <Textarea
      {...inputProps(props)}
      {...(isCode ? { classNames: { input: styles.code } } : {})}
      value={props.value ?? ''}
      placeholder={defaultText(props.schema) ?? ''}
      autosize
      minRows={isCode ? 4 : 2}
      maxRows={24}
      spellCheck={!isCode}
      onChange={({ currentTarget }) => props.onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
    />
  )
}
