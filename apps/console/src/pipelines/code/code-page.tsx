import { Button, Checkbox, FileButton, Group, Stack, Text, Textarea, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queryClient } from '../../api/index.ts'
import { useProject } from '../../projects/index.ts'
import { CodeText } from '../../ui/code/index.ts'
import { confirm, Failure, Loaded, useLeaveGuard } from '../../ui/index.ts'
import { useProjectWrite } from '../use-project-write.ts'
import { applyConfiguration, exportConfiguration, planConfiguration } from './configuration.ts'
import { PlanView } from './plan-view.tsx'

const longestBytes = 8 * 1024 * 1024

/** Configuration as code: what is configured, and what another configuration would change. */
export function CodePage() {
  const { id: projectId, slug } = useProject()
  const mayWrite = useProjectWrite(projectId) === true
  const queryKey = ['configuration of a project', projectId]
  const current = useQuery({ queryKey, queryFn: async ({ signal }) => await exportConfiguration(projectId, signal) })
  return (
    <Stack gap="xl">
      {mayWrite && (
        <ApplyPart projectId={projectId} onApplied={() => void queryClient.invalidateQueries({ queryKey })} />
      )}
      <section aria-label="As it is">
        <Group justify="space-between" mb="xs">
          <div>
            <Title order={2}>As it is</Title>
            <Text size="sm" c="dimmed">
              Clients, brands, types, templates and pipelines of the project. The same configuration is the same text.
            </Text>
          </div>
          {current.data !== undefined && (
            <Button variant="default" size="xs" onClick={() => download(`${slug}-pipelines.yaml`, current.data)}>
              Download
            </Button>
          )}
        </Group>
        <Loaded query={current} lines={8}>
          {(text) => <CodeText text={text} label="Configuration as YAML" />}
        </Loaded>
      </section>
    </Stack>
  )
}

/** A configuration is tried first; what was tried is what is applied. */
function ApplyPart({ projectId, onApplied }: { readonly projectId: string; readonly onApplied: () => void }) {
  const [text, setText] = useState('')
  const [prune, setPrune] = useState(false)
  const [fileProblem, setFileProblem] = useState<string>()
  useLeaveGuard(text !== '')
  const plan = useMutation({
    mutationFn: async () => await planConfiguration(projectId, text, prune),
    meta: { showsFailure: true },
  })
  const apply = useMutation({
    mutationFn: async () => await applyConfiguration(projectId, text, prune),
    meta: { showsFailure: true },
    onSuccess: (count) => {
      notifications.show({
        color: 'green',
        message: count === 1 ? '1 change is applied.' : `${count} changes are applied.`,
      })
      setText('')
      plan.reset()
      onApplied()
    },
  })
  const forget = () => {
    plan.reset()
    apply.reset()
  }
  const read = async (file: File | null) => {
    if (file === null) return
    setFileProblem(file.size > longestBytes ? `${file.name} is larger than 8 MiB.` : undefined)
    if (file.size > longestBytes) return
    forget()
    setText(await file.text())
  }
  const removed = plan.data?.changes.filter(({ action }) => action === 'delete').length ?? 0
  const askToApply = async () => {
    const isSure =
      removed === 0 ||
      (await confirm({
        title: 'Remove what the configuration does not have?',
        text: `${removed === 1 ? 'One thing is' : `${removed} things are`} removed, and cannot be brought back.`,
        action: 'Apply and remove',
      }))
    if (isSure) apply.mutate()
  }
  const canApply = plan.data !== undefined && plan.data.problems.length === 0 && plan.data.changes.length > 0
  return (
    <section aria-label="Another configuration">
      <Stack gap="sm">
        <div>
          <Title order={2}>Another configuration</Title>
          <Text size="sm" c="dimmed">
            Paste YAML or upload a file, and see what it would change before it does. It is applied as a whole or not at
            all.
          </Text>
        </div>
        <Textarea
          aria-label="Configuration as YAML to apply"
          placeholder={'format: 1\nclients: []'}
          autosize
          minRows={4}
          maxRows={20}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
          value={text}
          error={fileProblem}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value)
            forget()
          }}
        />
        <Checkbox
          label="Remove what the configuration does not have"
          checked={prune}
          onChange={({ currentTarget }) => {
            setPrune(currentTarget.checked)
            forget()
          }}
        />
        <Group gap="xs">
          <FileButton accept=".yaml,.yml,application/yaml" onChange={(file) => void read(file)}>
            {(props) => (
              <Button {...props} variant="default">
                Upload a file
              </Button>
            )}
          </FileButton>
          <Button
            variant={canApply ? 'default' : 'filled'}
            loading={plan.isPending}
            disabled={text.trim() === ''}
            onClick={() => plan.mutate()}
          >
            Show what would change
          </Button>
          {canApply && (
            <Button loading={apply.isPending} onClick={() => void askToApply()}>
              Apply
            </Button>
          )}
        </Group>
        {plan.error !== null && <Failure error={plan.error} title="The configuration cannot be used" />}
        {apply.error !== null && <Failure error={apply.error} title="Nothing was applied" />}
        {plan.data !== undefined && <PlanView plan={plan.data} />}
      </Stack>
    </section>
  )
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
