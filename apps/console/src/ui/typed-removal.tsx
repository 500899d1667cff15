import { Button, Group, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Failure } from './failure.tsx'

interface TypedRemovalProps {
  /** What has to be typed. */
  readonly name: string
  /** Of the button: "Remove the project". */
  readonly action: string
  readonly onRemove: () => void
  readonly isRemoving: boolean
  readonly error: Error | null
}

/** Removes what much hangs on, after its name was typed. */
export function TypedRemoval({ name, action, onRemove, isRemoving, error }: TypedRemovalProps) {
  const [typed, setTyped] = useState('')
  const isSure = typed.trim() === name
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isSure) onRemove()
      }}
    >
      <Group align="flex-end">
        <TextInput
          label={`Type ${name} to be sure`}
          flex="1 1 220px"
          maw={340}
          autoComplete="off"
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" color="red" disabled={!isSure} loading={isRemoving}>
          {action}
        </Button>
      </Group>
      {error !== null && <Failure error={error} title="It was not removed" />}
    </form>
  )
}
