import { Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { apiQuery } from '../api/index.ts'
import { EmptyState, Failure, Loaded, useLeaveGuard } from '../ui/index.ts'
import { fieldErrors, SchemaForm } from '../ui/schema-form/index.ts'
import { AddressForm } from './address-form.tsx'
import { ConnectorCatalogue } from './connector-catalogue.tsx'
import { nameError } from './name-error.ts'
import { createConnection, type GivenConfig, invalidateConnections, type Place, placeLinks } from './place.ts'
import { TestAnswer } from './test-answer.tsx'
import { useTestConfig } from './use-test-config.ts'
import { useWrite } from './use-write.ts'

interface CreateSearch {
  /** Which connector was chosen; `address`: it follows from an address. */
  readonly connector?: string
  readonly search?: string
  readonly kind?: string
}

/** Choosing a connector, then its settings. */
export function NewConnection({ place }: { readonly place: Place }) {
  const { connector, search = '', kind = 'all' } = useSearch({ strict: false }) as CreateSearch
  const navigate = useNavigate()
  const connectors = useQuery({ ...apiQuery('/api/connectors'), staleTime: Number.POSITIVE_INFINITY })
  const mayWrite = useWrite(place)
  const choose = (next: CreateSearch, replace = false) =>
    void navigate({ to: '.', replace, search: (before: object) => ({ ...before, ...next }) } as never)
  if (mayWrite === false) {
    return (
      <EmptyState title="You may not make connections here">Ask an owner or editor for the role editor.</EmptyState>
    )
  }
  if (connector === 'address') return <AddressForm place={place} />
  if (connector !== undefined) return <ConnectorForm key={connector} place={place} name={connector} />
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm">Which system should be connected?</Text>
        <Button variant="default" onClick={() => choose({ connector: 'address' })}>
          Paste an address instead
        </Button>
      </Group>
      <Loaded query={connectors}>
        {(all) => (
          <ConnectorCatalogue
            connectors={all}
            search={search}
            kind={kind}
            onChange={(next) => choose(next, true)}
            action={(one, className, content) => (
              <Link
                to="."
                className={className}
                search={((before: object) => ({ ...before, connector: one.name })) as never}
              >
                {content}
              </Link>
            )}
          />
        )}
      </Loaded>
    </Stack>
  )
}

function ConnectorForm({ place, name: connectorName }: { readonly place: Place; readonly name: string }) {
  const connector = useQuery({
    ...apiQuery('/api/connectors/{name}', { params: { path: { name: connectorName } } }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [config, setConfig] = useState<NonNullable<GivenConfig['config']>>({})
  const navigate = useNavigate()
  const trial = useTestConfig(place)
  useLeaveGuard(
    name !== '' || description !== '' || Object.values(config).some((one) => one !== undefined),
    'connector',
  )
  const save = useMutation({
    mutationFn: async (given: NonNullable<GivenConfig['config']>) =>
      await createConnection(place, {
        name: name.trim(),
        ...(description.trim() === '' ? {} : { description: description.trim() }),
        connector: connectorName,
        config: given,
      }),
    meta: { showsFailure: true },
    onSuccess: async ({ id }) => {
      await invalidateConnections(place)
      const saved = placeLinks(place).one(id) as object
      void navigate({ ...saved, search: { tab: 'data' }, ignoreBlocker: true } as never)
    },
  })
  return (
    <Loaded query={connector}>
      {({ title, description: about, config_schema, missing_drivers }) => {
        const fields = Object.keys((config_schema.properties ?? {}) as object)
        const refused = save.error ?? trial.error
        const said = refused?.message ?? (trial.answer?.ok === false ? trial.answer.message : '')
        return (
          <Stack maw={640} gap="md">
            <Text size="sm">
              <b>{title}</b>. {about}{' '}
              <Anchor
                component={Link}
                to="."
                search={((before: object) => ({ ...before, connector: undefined })) as never}
              >
                Choose another connector
              </Anchor>
            </Text>
            {missing_drivers.length > 0 && (
              <Text size="sm">
                This server does not have the npm package {missing_drivers.join(', ')}, so it cannot test the
                connection. Tasks use it where it is installed.
              </Text>
            )}
            <TextInput
              label="Name"
              description="What workflows name it by: letters, digits and . _ : / -"
              required
              value={name}
              error={nameError(name, save.error)}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
            />
            <TextInput
              label="Description"
              value={description}
              maxLength={500}
              onChange={({ currentTarget }) => setDescription(currentTarget.value)}
            />
            <SchemaForm
              schema={config_schema}
              submitLabel="Save"
              isSubmitting={save.isPending}
              extraErrors={fieldErrors(said, fields)}
              onChange={(next: NonNullable<GivenConfig['config']>) => {
                setConfig(next)
                trial.forget()
              }}
              onSubmit={(next: NonNullable<GivenConfig['config']>) => {
                if (nameError(name.trim() || ' ', null) === undefined) save.mutate(next)
                else document.querySelector<HTMLInputElement>('input[required]')?.focus()
              }}
              actions={
                <>
                  <Button
                    variant="default"
                    loading={trial.isPending}
                    onClick={() => trial.run({ connector: connectorName, config })}
                  >
                    Test
                  </Button>
                  {trial.isPending && (
                    <Button variant="subtle" onClick={trial.cancel}>
                      Stop testing
                    </Button>
                  )}
                </>
              }
            >
              <Stack gap="xs" mt="md">
                {trial.answer !== undefined && <TestAnswer answer={trial.answer} />}
                {trial.error !== null && <Failure title="This could not be tested" error={trial.error} />}
                {save.error !== null && <Failure title="This was not saved" error={save.error} />}
              </Stack>
            </SchemaForm>
          </Stack>
        )
      }}
    </Loaded>
  )
}
