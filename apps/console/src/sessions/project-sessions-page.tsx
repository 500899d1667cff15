import { Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, apiPage, apiQuery, invalidate } from '../api/index.ts'
import { usePermissions, useProject } from '../projects/index.ts'
import { DataTable, EmptyState, Loaded, Pager, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { LauncherName } from './launcher-name.tsx'
import { type Launcher, type LauncherForm, launcherBody, launcherForm, launcherSchema } from './launcher-schema.ts'
import { useClasses, useClassText } from './use-classes.ts'

export function ProjectSessionsPage() {
  const { id: projectId } = useProject()
  const { write: mayWrite } = usePermissions()
  const { page = 1 } = useSearch({ from: '/shell/projects/$namespace/$project/sessions' })
  const launchers = useQuery(
    apiPage('/api/data/projects/{project_id}/session_launchers', {
      params: { path: { project_id: projectId }, query: { page, per_page: 50 } },
    }),
  )
  const schema = useLauncherSchema()
  const classText = useClassText()
  const newLauncher = mayWrite && schema !== undefined && (
    <FormButton<LauncherForm>
      title="New launcher"
      schema={schema}
      submitLabel="Make the launcher"
      save={async (form) => {
        await api.post('/api/data/session_launchers', { body: { project_id: projectId, ...launcherBody(form) } })
        await reread()
      }}
    >
      New launcher
    </FormButton>
  )
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="dimmed" maw={720}>
          A launcher says in which environment, and how large, a session of this project begins. Sessions are started
          and run outside of this console, by the session service that reads these launchers.
        </Text>
        {(launchers.data?.items.length ?? 0) > 0 && newLauncher}
      </Group>
      <Loaded query={launchers}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No launchers yet" action={newLauncher}>
              {mayWrite ? 'Begin with an environment or an image.' : 'Who may change the project can make one.'}
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Launchers"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  { title: 'Launcher', cell: (launcher) => <LauncherName launcher={launcher} /> },
                  {
                    title: 'Environment',
                    cell: ({ environment }) =>
                      environment.environment_kind === 'GLOBAL' ? environment.name : environment.container_image,
                  },
                  { title: 'Size', isSecondary: true, cell: (one) => classText(one.resource_class_id) },
                  {
                    title: 'Disk',
                    isSecondary: true,
                    cell: ({ disk_storage }) => (disk_storage === undefined ? 'as proposed' : `${disk_storage} GB`),
                  },
                  ...(mayWrite && schema !== undefined
                    ? [
                        {
                          title: 'Actions',
                          align: 'right' as const,
                          cell: (launcher: Launcher) => <LauncherActions launcher={launcher} schema={schema} />,
                        },
                      ]
                    : []),
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="launchers" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

async function reread(): Promise<void> {
  await invalidate('/api/data/session_launchers', '/api/data/projects/{project_id}/session_launchers')
}

/** Undefined until what can be chosen is known. */
function useLauncherSchema() {
  const environments = useQuery(apiQuery('/api/data/environments', { params: { query: { per_page: 100 } } }))
  const classes = useClasses()
  return environments.data === undefined ? undefined : launcherSchema(environments.data, classes)
}

function LauncherActions({ launcher, schema }: { readonly launcher: Launcher; readonly schema: object }) {
  const { id, name } = launcher
  const params = { path: { launcher_id: id } }
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <FormButton<LauncherForm>
        size="compact-sm"
        variant="default"
        title={`Edit ${name}`}
        schema={schema}
        value={launcherForm(launcher)}
        submitLabel="Save"
        save={async (form) => {
          const body = launcherBody(form)
          await api.patch('/api/data/session_launchers/{launcher_id}', {
            params,
            body: {
              ...body,
              resource_class_id: body.resource_class_id ?? null,
              disk_storage: body.disk_storage ?? null,
            },
          })
          await reread()
        }}
      >
        Edit
      </FormButton>
      <RemoveButton
        title={`Remove ${name}`}
        text="Sessions of it can be started no longer. Those that run go on."
        onRemove={async () => {
          await api.delete('/api/data/session_launchers/{launcher_id}', { params })
          await reread()
        }}
      />
    </Group>
  )
}
