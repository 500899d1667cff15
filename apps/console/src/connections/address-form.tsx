import { Anchor, Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Failure, useLeaveGuard } from '../ui/index.ts'
import { nameError } from './name-error.ts'
import { createConnection, invalidateConnections, type Place, placeLinks } from './place.ts'
import { TestAnswer } from './test-answer.tsx'
import { useTestConfig } from './use-test-config.ts'

/** A connection from an address such as programs take it; the connector follows from its scheme. */
export function AddressForm({ place }: { readonly place: Place }) {
  const [name, setName] = useState('')
  const [uri, setUri] = useState('')
  const navigate = useNavigate()
  const trial = useTestConfig(place)
  useLeaveGuard(name !== '' || uri !== '', 'connector')
  const save = useMutation({
    mutationFn: async () => await createConnection(place, { name: name.trim(), uri: uri.trim() }),
    meta: { showsFailure: true },
    onSuccess: async ({ id }) => {
      await invalidateConnections(place)
      const saved = placeLinks(place).one(id) as object
      void navigate({ ...saved, search: { tab: 'data' }, ignoreBlocker: true } as never)
    },
  })
  const isReady = name.trim() !== '' && uri.trim() !== '' && nameError(name.trim(), null) === undefined
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady && !save.isPending) save.mutate()
      }}
    >
      <Stack maw={640}>
        <Text size="sm">
          <Anchor component={Link} to="." search={((before: object) => ({ ...before, connector: undefined })) as never}>
            Choose a connector instead
          </Anchor>
        </Text>
        <TextInput
          label="Name"
          description="What workflows name it by: letters, digits and . _ : / -"
          required
          value={name}
          error={nameError(name.trim(), save.error)}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <PasswordInput
          label="Address"
          description="Such as postgres://user:password@db.example.com/shop. The password in it is sealed, and never shown again."
          required
          autoComplete="off"
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the address', tabIndex: 0 }}
          value={uri}
          onChange={({ currentTarget }) => {
            setUri(currentTarget.value)
            trial.forget()
          }}
        />
        {trial.answer !== undefined && <TestAnswer answer={trial.answer} />}
        {trial.error !== null && <Failure title="This could not be tested" error={trial.error} />}
        {save.error !== null && <Failure title="This was not saved" error={save.error} />}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!isReady}>
            Save
          </Button>
          <Button
            variant="default"
            loading={trial.isPending}
            disabled={uri.trim() === ''}
            onClick={() => trial.run({ uri: uri.trim() })}
          >
            Test
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
