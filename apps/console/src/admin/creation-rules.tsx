import { NativeSelect, Stack, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { Loaded } from '../ui/index.ts'

type Config = Schema<'AuthorizationConfig'>
type Flag = 'create_projects' | 'create_groups'

const choices = [
  { value: 'registered_users', label: 'everybody who is signed in' },
  { value: 'admins_only', label: 'administrators only' },
]

/** Who may create projects and groups. */
export function CreationRules() {
  const config = useQuery(apiQuery('/api/data/platform/authorization_config'))
  const saving = useMutation({
    mutationFn: async ({ etag, change }: { etag: string; change: Partial<Pick<Config, Flag>> }) =>
      await api.patch('/api/data/platform/authorization_config', {
        params: { header: { 'If-Match': etag } },
        body: change,
      }),
    onSettled: async () => await invalidate('/api/data/platform/authorization_config'),
    onSuccess: () => notifications.show({ message: 'Saved. It holds from now on.' }),
  })
  return (
    <section aria-labelledby="creation-rules">
      <Title order={2} id="creation-rules" mb="xs">
        Who may create
      </Title>
      <Loaded query={config} lines={2}>
        {(found) => (
          <Stack maw={360} gap="sm">
            {(['create_projects', 'create_groups'] as const).map((flag) => (
              <NativeSelect
                key={flag}
                label={flag === 'create_projects' ? 'Projects' : 'Groups'}
                data={choices}
                disabled={saving.isPending}
                value={found[flag]}
                onChange={({ currentTarget }) =>
                  saving.mutate({ etag: found.etag, change: { [flag]: currentTarget.value as Config[Flag] } })
                }
              />
            ))}
          </Stack>
        )}
      </Loaded>
    </section>
  )
}
