import { Button, type ButtonProps, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { Conflict, isOutdated } from '../conflict.tsx'
import { Failure } from '../failure.tsx'
import { type CloseGuard, useCloseGuard } from '../use-close-guard.ts'
import { fieldErrors } from './field-errors.ts'
import { SchemaForm } from './schema-form.tsx'

interface DialogFormProps<Value extends object> {
  /** JSON Schema of the object that is asked for. */
  readonly schema: object
  /** What the form begins with. */
  readonly value?: Value
  readonly submitLabel: string
  /** Does what the form is for; what it throws is shown in the form, which stays. */
  readonly save: (value: Value) => Promise<unknown>
  /** Reads again what is being changed, after somebody else changed it in between. */
  readonly readAgain?: () => Promise<unknown>
}

interface FormButtonProps<Value extends object> extends DialogFormProps<Value>, ButtonProps {
  /** Of the button: "Edit". */
  readonly children: ReactNode
  /** Of the dialog, and of the button for those who do not see where it stands: "Edit the pool etl". */
  readonly title: string
  /** What holds for the whole form. */
  readonly about?: ReactNode
}

/** A button that opens a form in a dialog. What was typed stays until it is saved, and is not dropped unasked. */
export function FormButton<Value extends object = Record<string, unknown>>({
  children,
  title,
  about,
  schema,
  value,
  submitLabel,
  save,
  readAgain,
  ...button
}: FormButtonProps<Value>) {
  const [isOpen, { open, close }] = useDisclosure(false)
  const guard = useCloseGuard(close)
  return (
    <>
      <Button {...button} {...(children === title ? {} : { 'aria-label': title })} onClick={open}>
        {children}
      </Button>
      <Modal opened={isOpen} onClose={guard.close} title={title} size="lg" closeOnClickOutside={false}>
        {about !== undefined && (
          <Text size="sm" c="dimmed" mb="md" component="div">
            {about}
          </Text>
        )}
        <DialogForm
          {...{ schema, submitLabel, save, guard, onClose: close }}
          {...(value === undefined ? {} : { value })}
          {...(readAgain === undefined ? {} : { readAgain })}
        />
      </Modal>
    </>
  )
}

function DialogForm<Value extends object>({
  schema: given,
  value: begun,
  submitLabel,
  save,
  readAgain,
  guard,
  onClose,
}: DialogFormProps<Value> & { readonly guard: CloseGuard; readonly onClose: () => void }) {
  // As they were when the dialog was opened: readings meanwhile must not overwrite what is being typed.
  const [schema] = useState(given)
  const [value] = useState(begun)
  const saving = useMutation({ mutationFn: save, meta: { showsFailure: true }, onSuccess: onClose })
  const reading = useMutation({ mutationFn: async () => await readAgain?.(), onSuccess: () => saving.reset() })
  // Defaults of the schema come in while the form is made: they are not typed.
  const [begin] = useState(() => {
    guard.note(begun ?? {})
    return guard.begin
  })
  useEffect(begin, [begin])
  const { error } = saving
  const fields = Object.keys((given as { properties?: object }).properties ?? {})
  return (
    <SchemaForm<Value>
      schema={schema}
      {...(value === undefined ? {} : { value })}
      submitLabel={submitLabel}
      isSubmitting={saving.isPending || reading.isPending}
      extraErrors={fieldErrors(error?.message ?? '', fields)}
      idPrefix="dialog"
      onChange={guard.note}
      onSubmit={(typed) => saving.mutate(typed)}
      actions={
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      }
    >
      {error !== null && (
        <Stack mt="md">
          {isOutdated(error) && readAgain !== undefined ? (
            <Conflict onReadAgain={() => reading.mutate()} isReading={reading.isPending} />
          ) : (
            <Failure title="This was not saved" error={error} />
          )}
        </Stack>
      )}
    </SchemaForm>
  )
}
