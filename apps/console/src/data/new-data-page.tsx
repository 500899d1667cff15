import { NativeSelect, Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { Loaded } from '../ui/index.ts'
import { NewConnector } from './new-connector.tsx'
import { vendorOption } from './storage-form.ts'

export function NewDataPage() {
  const { type, provider } = useSearch({ from: '/shell/projects/$namespace/$project/data/new' })
  const navigate = useNavigate()
  const storages = useQuery({ ...apiQuery('/api/data/storage_schema'), staleTime: Number.POSITIVE_INFINITY })
  const choose = (search: { type?: string; provider?: string }) => void navigate({ to: '.', search } as never)
  return (
    <Stack maw={640}>
      <Title order={2}>New data connector</Title>
      <Loaded query={storages}>
        {(found) => {
          const storage = found.find(({ prefix }) => prefix === type)
          const vendors = storage === undefined ? undefined : vendorOption(storage)
          return (
            <>
              <NativeSelect
                label="Kind of storage"
                required
                value={type ?? ''}
                data={[
                  { value: '', label: 'Choose…' },
                  ...found.map(({ prefix, name, description }) => ({
                    value: prefix,
                    label: `${name}: ${description}`,
                  })),
                ]}
                onChange={({ currentTarget: { value } }) => choose(value === '' ? {} : { type: value })}
              />
              {storage !== undefined && vendors !== undefined && (
                <NativeSelect
                  label="Offered by"
                  required
                  value={provider ?? ''}
                  data={[
                    { value: '', label: 'Choose…' },
                    ...vendors.examples.map(({ value, help }) => ({ value, label: help === '' ? value : help })),
                  ]}
                  onChange={({ currentTarget: { value } }) =>
                    choose({ type: storage.prefix, ...(value === '' ? {} : { provider: value }) })
                  }
                />
              )}
              {storage !== undefined && (vendors === undefined || provider !== undefined) && (
                <NewConnector key={`${type} ${provider}`} storage={storage} vendor={provider} />
              )}
            </>
          )
        }}
      </Loaded>
    </Stack>
  )
}
