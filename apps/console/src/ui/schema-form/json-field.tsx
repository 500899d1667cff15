import { Textarea } from '@mantine/core'
import type { FieldProps } from '@rjsf/utils'
import { useState } from 'react'
import { inWords } from './input-props.ts'
import styles from './schema-form.module.css'

/** A value that the schema leaves open, as JSON. */
export function JsonField({
  fieldPathId,
  formData,
  name,
  schema,
  required,
  onChange,
  rawErrors = [],
  disabled,
}: FieldProps) {
  const [text, setText] = useState(() => (formData === undefined ? '' : JSON.stringify(formData, null, 2)))
  const [problem, setProblem] = useState<string>()
  const change = (typed: string) => {
    setText(typed)
    try {
      onChange(typed.trim() === '' ? undefined : JSON.parse(typed), fieldPathId.path)
      setProblem(undefined)
    } catch (error) {
      setProblem(`This is not JSON yet: ${(error as Error).message}.`)
    }
  }
  const said = problem ?? (rawErrors.length === 0 ? undefined : rawErrors.join(' '))
  return (
    <Textarea
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={inWords(`${schema.description ?? ''} As JSON.`.trim())}
      classNames={{ input: styles.code ?? '' }}
      value={text}
      required={required ?? false}
      disabled={disabled ?? false}
      error={said}
      autosize
      minRows={2}
      maxRows={20}
      spellCheck={false}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  )
}
