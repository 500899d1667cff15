import { Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiQuery, queryClient } from '../api/index.ts'
import { Conflict, Failure, isOutdated, Loaded, useLeaveGuard } from '../ui/index.ts'
import { fieldErrors, SchemaForm } from '../ui/schema-form/index.ts'
import { type Config, changedConfig } from './changed-config.ts'
import { nameError } from './name-error.ts'
import { type Connection, connectionQuery, invalidateConnections, type Place, updateConnection } from './place.ts'

interface ConnectionSettingsProps {
  readonly place: Place
  readonly connection: Connection
  readonly mayWrite: boolean
}

/** The settings of a saved connection. What is typed stays when somebody else changed them meanwhile. */
export function ConnectionSettings({ place, connection, mayWrite }: ConnectionSettingsProps) {
  // As it was when the form was opened or saved last; a later reading must not overwrite what is being typed.
  const [base, setBase] = useState(connection)
  const [name, setName] = useState(connection.name)
  const [description, setDescription] = useState(connection.description ?? '')
  const [typed, setTyped] = useState<Config>(connection.config)
  // Only what was changed here, so that what somebody else changed of the rest stays.
  const named = {
    ...(name.trim() === base.name ? {} : { name: name.trim() }),
    ...(description.trim() === (base.description ?? '') ? {} : { description: description.trim() }),
  }
  const connector = useQuery({
    ...apiQuery('/api/connectors/{name}', { params: { path: { name: base.connector } } }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const save = useMutation({
    mutationFn: async (config: Config) =>
      await updateConnection(place, base, { ...named, config: changedConfig(base.config, config) }),
    meta: { showsFailure: true },
    onSuccess: async (saved) => {
      setBase(saved)
      setName(saved.name)
      setDescription(saved.description ?? '')
      setTyped(saved.config)
      queryClient.setQueryData(connectionQuery(place, saved.id).queryKey, saved)
      notifications.show({ message: 'Saved. Tasks that ask for it from now on get the new settings.' })
      await invalidateConnections(place)
    },
  })
  useLeaveGuard(Object.keys({ ...named, ...changedConfig(base.config, typed) }).length > 0, 'tab')
  const isTaken = nameError(name, save.error) !== undefined
  const readAgain = useMutation({
    mutationFn: async () => await queryClient.fetchQuery({ ...connectionQuery(place, base.id), staleTime: 0 }),
    onSuccess: (fresh) => {
      // Only what it is compared with and its tag are new: the fields keep what was typed.
      setBase((before) => ({ ...before, etag: fresh.etag }))
      save.reset()
    },
  })
  return (
    <Loaded query={connector}>
      {({ config_schema }) => (
        <Stack maw={640} gap="md">
          {!mayWrite && (
            <Text size="sm" c="dimmed">
              You may see these settings, but not change them. Secrets are shown to nobody.
            </Text>
          )}
          <TextInput
            label="Name"
            description="Workflows name it so: after renaming, tasks that ask for the former name fail."
            required
            disabled={!mayWrite}
            value={name}
            error={nameError(name, save.error)}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <TextInput
            label="Description"
            value={description}
            maxLength={500}
            disabled={!mayWrite}
            onChange={({ currentTarget }) => setDescription(currentTarget.value)}
          />
          <SchemaForm
            schema={config_schema}
            value={base.config}
            submitLabel="Save"
            isDisabled={!mayWrite}
            isSubmitting={save.isPending || readAgain.isPending}
            extraErrors={fieldErrors(
              save.error?.message ?? '',
              Object.keys((config_schema.properties ?? {}) as object),
            )}
            onChange={setTyped}
            onSubmit={(config: Config) => save.mutate(config)}
          >
            {isOutdated(save.error) && (
              <Stack mt="md">
                <Conflict onReadAgain={() => readAgain.mutate()} isReading={readAgain.isPending} />
              </Stack>
            )}
            {save.error !== null && !isOutdated(save.error) && !isTaken && (
              <Stack mt="md">
                <Failure title="This was not saved" error={save.error} />
              </Stack>
            )}
          </SchemaForm>
        </Stack>
      )}
    </Loaded>
  )
}
