import { Button, Group, Modal, Select, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Failure } from '../ui/index.ts'
import { linkToProject } from './link-to-project.ts'
import { useConnectorChoices } from './use-connector-choices.ts'

interface LinkExistingProps {
  readonly projectId: string
  /** Ids of connectors. */
  readonly linked: readonly string[]
}

/** Has a project mount a data connector that stands elsewhere. */
export function LinkExisting({ projectId, linked }: LinkExistingProps) {
  const [isOpen, { open, close }] = useDisclosure(false)
  const { connectors = [] } = useConnectorChoices('')
  if (connectors.every(({ id }) => linked.includes(id))) return null
  return (
    <>
      <Button variant="default" onClick={open}>
        Link a data connector
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title="Link a data connector"
        closeButtonProps={{ 'aria-label': 'Close' }}
        size="lg"
      >
        <LinkForm projectId={projectId} linked={linked} onClose={close} />
      </Modal>
    </>
  )
}

function LinkForm({ projectId, linked, onClose }: LinkExistingProps & { readonly onClose: () => void }) {
  const [chosen, setChosen] = useState<{ readonly value: string; readonly label: string } | null>(null)
  const [text, setText] = useState('')
  const { connectors = [], isFetching, error } = useConnectorChoices(text === chosen?.label ? '' : text)
  const link = useMutation({
    mutationFn: async (id: string) => await linkToProject(id, projectId),
    meta: { showsFailure: true },
    onSuccess: onClose,
  })
  const choices = connectors
    .filter(({ id }) => !linked.includes(id) && id !== chosen?.value)
    .map(({ id, name, namespace }) => ({ value: id, label: namespace === undefined ? name : `${namespace}: ${name}` }))
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (chosen !== null) link.mutate(chosen.value)
      }}
    >
      <Stack>
        <Select
          label="Data connector"
          description="Any that you may see: type to find it."
          required
          searchable
          data-autofocus
          data={[...(chosen === null ? [] : [chosen]), ...choices]}
          // The server has looked already.
          filter={({ options }) => options}
          value={chosen?.value ?? null}
          searchValue={text}
          onSearchChange={setText}
          onChange={(_, option) => setChosen(option)}
          nothingFoundMessage={isFetching ? 'Searching.' : 'No data connector is called so'}
        />
        {error !== null && <Failure error={error} />}
        {link.error !== null && <Failure title="This was not saved" error={link.error} />}
        <Group>
          <Button type="submit" loading={link.isPending} disabled={chosen === null}>
            Link it
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
