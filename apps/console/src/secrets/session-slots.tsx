import { Badge, Button, Code, Group, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'

type Slot = Schema<'SessionSecretSlot'>
type SlotForm = { name: string; filename: string; description?: string }

const slotSchema = {
  type: 'object',
  required: ['name', 'filename'],
  properties: {
    name: { type: 'string', title: 'Name', minLength: 1, description: 'What it is for, as people read it.' },
    filename: { type: 'string', title: 'File', minLength: 1, description: 'Where sessions find the value.' },
    description: { type: 'string', title: 'Description', maxLength: 500 },
  },
}

interface SessionSlotsProps {
  readonly projectId: string
  readonly mayWrite: boolean
}

/** Slots that sessions of a project want filled; each person fills them with secrets of the own. */
export function SessionSlots({ projectId, mayWrite }: SessionSlotsProps) {
  const params = { path: { id: projectId } }
  const slots = useQuery(apiQuery('/api/data/projects/{id}/session_secret_slots', { params }))
  const filled = useQuery(apiQuery('/api/data/projects/{id}/session_secrets', { params }))
  const newSlot = mayWrite && (
    <FormButton<SlotForm>
      size="xs"
      title="New slot"
      schema={slotSchema}
      submitLabel="Add the slot"
      save={async (body) => {
        await api.post('/api/data/session_secret_slots', { body: { project_id: projectId, ...body } })
        await invalidate('/api/data/projects/{id}/session_secret_slots')
      }}
    >
      New slot
    </FormButton>
  )
  return (
    <section aria-labelledby="session-secrets">
      <Group justify="space-between" mb={4}>
        <Title order={2} id="session-secrets">
          Of sessions
        </Title>
        {newSlot}
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        A slot says which secret sessions of the project need; everybody fills it with a secret of the own, which nobody
        else gets.
      </Text>
      <Loaded query={slots}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState title="No slots">Sessions of this project need no secrets.</EmptyState>
          ) : (
            <DataTable
              label="Slots for secrets of sessions"
              rows={found}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Slot',
                  cell: ({ name, description }) => (
                    <>
                      <Text size="sm">{name}</Text>
                      {description !== undefined && (
                        <Text size="xs" c="dimmed">
                          {description}
                        </Text>
                      )}
                    </>
                  ),
                },
                { title: 'File', isSecondary: true, cell: ({ filename }) => <Code>{filename}</Code> },
                {
                  title: 'Of yours',
                  cell: ({ id }) =>
                    filled.data?.some(({ secret_slot }) => secret_slot.id === id) ? (
                      <Badge color="green" variant="light">
                        filled
                      </Badge>
                    ) : (
                      <Badge variant="default">empty</Badge>
                    ),
                },
                {
                  title: 'Actions',
                  align: 'right',
                  cell: (slot) => (
                    <SlotActions
                      slot={slot}
                      isFilled={filled.data?.some(({ secret_slot }) => secret_slot.id === slot.id) ?? false}
                      mayWrite={mayWrite}
                    />
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </section>
  )
}

interface SlotActionsProps {
  readonly slot: Slot
  readonly isFilled: boolean
  readonly mayWrite: boolean
}

function SlotActions({ slot, isFilled, mayWrite }: SlotActionsProps) {
  const { id, name, project_id, etag } = slot
  const mine = useQuery(apiQuery('/api/data/user/secrets', { params: { query: { per_page: 100, kind: 'general' } } }))
  const reread = async () => await invalidate('/api/data/projects/{id}/session_secrets', '/api/data/user/secrets')
  const fill = async (patch: { secret_id?: string; value?: string | null }) => {
    await api.patch('/api/data/projects/{id}/session_secrets', {
      params: { path: { id: project_id } },
      body: [{ secret_slot_id: id, ...patch }],
    })
    await reread()
  }
  const emptying = useMutation({ mutationFn: async () => await fill({ value: null }) })
  return (
    <Stack gap={4} align="flex-end">
      <Group gap={4} wrap="nowrap">
        <FormButton<{ secret_id?: string; value?: string }>
          size="compact-sm"
          variant="default"
          title={`Fill ${name}`}
          about="Choose a secret that you have, or give a value that becomes one."
          schema={fillSchema(mine.data ?? [])}
          submitLabel="Fill the slot"
          save={async ({ secret_id, value }) => {
            if (secret_id === undefined && value === undefined) throw new Error('Choose a secret, or give a value.')
            if (secret_id !== undefined && value !== undefined)
              throw new Error('Choose a secret or give a value, not both.')
            await fill({ ...(secret_id === undefined ? {} : { secret_id }), ...(value === undefined ? {} : { value }) })
          }}
        >
          Fill
        </FormButton>
        {isFilled && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Empty ${name}`}
            loading={emptying.isPending}
            onClick={() => emptying.mutate()}
          >
            Empty
          </Button>
        )}
        {mayWrite && (
          <>
            <FormButton<SlotForm>
              size="compact-sm"
              variant="default"
              title={`Edit the slot ${name}`}
              schema={slotSchema}
              value={slotForm(slot)}
              submitLabel="Save"
              readAgain={async () => await invalidate('/api/data/projects/{id}/session_secret_slots')}
              save={async ({ description = '', ...rest }) => {
                await api.patch('/api/data/session_secret_slots/{id}', {
                  params: { path: { id }, header: { 'If-Match': etag } },
                  body: { ...rest, description },
                })
                await invalidate('/api/data/projects/{id}/session_secret_slots')
              }}
            >
              Edit
            </FormButton>
            <RemoveButton
              title={`Remove the slot ${name}`}
              text="Sessions get it no longer. The secrets that people put into it stay theirs."
              onRemove={async () => {
                await api.delete('/api/data/session_secret_slots/{id}', { params: { path: { id } } })
                await invalidate('/api/data/projects/{id}/session_secret_slots')
              }}
            />
          </>
        )}
      </Group>
    </Stack>
  )
}

function slotForm({ name, filename, description }: Slot): SlotForm {
  return { name, filename, ...(description === undefined ? {} : { description }) }
}

function fillSchema(secrets: readonly Schema<'UserSecret'>[]) {
  return {
    type: 'object',
    properties: {
      ...(secrets.length === 0
        ? {}
        : {
            secret_id: {
              type: 'string',
              title: 'Secret of yours',
              enum: secrets.map(({ id }) => id),
              'x-enum-names': secrets.map(({ name }) => name),
            },
          }),
      value: { type: 'string', title: 'New value', writeOnly: true, 'x-multiline': true },
    },
  }
}
