import { Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api, apiQuery, invalidate, queryClient, type Schema } from '../api/index.ts'
import { Conflict, Failure, isOutdated, Loaded, useLeaveGuard } from '../ui/index.ts'
import { SchemaForm } from '../ui/schema-form/index.ts'
import { type ConnectorFields, changesOf, fieldsOf, fieldsSchema, onTopOf } from './connector-fields.ts'

type Connector = Schema<'DataConnector'>

interface ConnectorFormProps {
  readonly connector: Connector
  readonly maySetVisibility: boolean
}

/** Everything of a data connector that can be changed; what is secret is given by each person for himself. */
export function ConnectorForm({ connector, maySetVisibility }: ConnectorFormProps) {
  const storages = useQuery({ ...apiQuery('/api/data/storage_schema'), staleTime: Number.POSITIVE_INFINITY })
  return (
    <Loaded query={storages}>
      {(found) => {
        const storage = found.find(({ prefix }) => prefix === connector.storage.storage_type)
        return storage === undefined ? null : <Fields {...{ connector, maySetVisibility, storage }} />
      }}
    </Loaded>
  )
}

function Fields({
  connector,
  maySetVisibility,
  storage,
}: ConnectorFormProps & { readonly storage: Schema<'StorageProvider'> }) {
  const { id } = connector
  const params = { path: { data_connector_id: id } }
  const [base, setBase] = useState(connector)
  const [given, setGiven] = useState<ConnectorFields>(() => fieldsOf(connector))
  const [typed, setTyped] = useState(given)
  const changes = changesOf(fieldsOf(base), typed)
  const hasChanges = Object.keys(changes).length > 0
  const begin = (from: Connector, fields: ConnectorFields) => {
    setBase(from)
    setGiven(fields)
    setTyped(fields)
  }
  // Readings again while nothing is typed are taken over.
  if (connector.etag !== base.etag && !hasChanges) begin(connector, fieldsOf(connector))
  const schema = useMemo(() => fieldsSchema(base, { storage, maySetVisibility }), [base, storage, maySetVisibility])
  const query = apiQuery('/api/data/data_connectors/{data_connector_id}', { params })
  const saving = useMutation({
    mutationFn: async () =>
      await api.patch('/api/data/data_connectors/{data_connector_id}', {
        params: { ...params, header: { 'If-Match': base.etag } },
        body: changes,
      }),
    meta: { showsFailure: true },
    onSuccess: async (saved) => {
      queryClient.setQueryData(query.queryKey, saved)
      begin(saved, fieldsOf(saved))
      notifications.show({ color: 'green', message: `${saved.name} is saved.` })
      await invalidate('/api/data/data_connectors', '/api/data/data_connectors/{data_connector_id}/secrets')
    },
  })
  const readAgain = useMutation({
    mutationFn: async () => await queryClient.fetchQuery({ ...query, staleTime: 0 }),
    onSuccess: (theirs) => {
      begin(theirs, onTopOf(fieldsOf(theirs), fieldsOf(base), typed))
      saving.reset()
    },
  })
  useLeaveGuard(hasChanges)
  return (
    <SchemaForm<ConnectorFields>
      schema={schema}
      value={given}
      submitLabel="Save"
      isSubmitting={saving.isPending || readAgain.isPending}
      onChange={setTyped}
      onSubmit={() => {
        if (hasChanges) saving.mutate()
      }}
    >
      {saving.error !== null && (
        <Stack mt="md">
          {isOutdated(saving.error) ? (
            <Conflict onReadAgain={() => readAgain.mutate()} isReading={readAgain.isPending} />
          ) : (
            <Failure title="This was not saved" error={saving.error} />
          )}
        </Stack>
      )}
    </SchemaForm>
  )
}
