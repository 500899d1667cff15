import { Button, Group, Stack, Text, Textarea, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, apiQuery, invalidate, queryClient, type Schema } from '../api/index.ts'
import { Banner } from '../app/banner.tsx'
import { Conflict, Failure, isOutdated, Loaded, useLeaveGuard } from '../ui/index.ts'

/** What everybody sees on every page while something is wrong. */
export function BannerEditor() {
  const config = useQuery(apiQuery('/api/data/platform/config'))
  return (
    <section aria-labelledby="incident-banner">
      <Title order={2} id="incident-banner" mb={4}>
        Incident banner
      </Title>
      <Loaded query={config}>{(found) => <Editor config={found} />}</Loaded>
    </section>
  )
}

function Editor({ config }: { readonly config: Schema<'PlatformConfig'> }) {
  // As it was when the page was opened or saved last; a later reading must not overwrite what is being typed.
  const [base, setBase] = useState(config)
  const [typed, setTyped] = useState(config.incident_banner)
  const saving = useMutation({
    mutationFn: async (incident_banner: string) =>
      await api.patch('/api/data/platform/config', {
        params: { header: { 'If-Match': base.etag } },
        body: { incident_banner },
      }),
    meta: { showsFailure: true },
    onSuccess: async (saved) => {
      setBase(saved)
      setTyped(saved.incident_banner)
      queryClient.setQueryData(apiQuery('/api/data/platform/config').queryKey, saved)
      notifications.show({
        message: saved.incident_banner === '' ? 'The banner is taken down.' : 'Everybody sees the banner now.',
      })
      await invalidate('/api/data/platform/config')
    },
  })
  useLeaveGuard(typed !== base.incident_banner)
  const readAgain = useMutation({
    mutationFn: async () => await queryClient.fetchQuery({ ...apiQuery('/api/data/platform/config'), staleTime: 0 }),
    onSuccess: (fresh) => {
      setBase(fresh)
      saving.reset()
    },
  })
  const isBusy = saving.isPending || readAgain.isPending
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy) saving.mutate(typed.trim())
      }}
    >
      <Stack gap="sm" maw={720}>
        <Textarea
          label="Text"
          description="Begin it with [!NOTE], [!WARNING] or [!CAUTION] to say how grave it is. Empty: no banner."
          autosize
          minRows={2}
          maxRows={12}
          maxLength={10_000}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        {typed.trim() !== '' && typed !== base.incident_banner && (
          <div>
            <Text size="sm" c="dimmed" mb={4}>
              So everybody will see it:
            </Text>
            <Banner banner={typed} />
          </div>
        )}
        {isOutdated(saving.error) && (
          <Conflict onReadAgain={() => readAgain.mutate()} isReading={readAgain.isPending} />
        )}
        {saving.error !== null && !isOutdated(saving.error) && (
          <Failure title="This was not saved" error={saving.error} />
        )}
        <Group>
          <Button type="submit" loading={isBusy} disabled={typed.trim() === base.incident_banner}>
            Save the banner
          </Button>
          {base.incident_banner !== '' && (
            <Button variant="default" disabled={isBusy} onClick={() => saving.mutate('')}>
              Take it down
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}
