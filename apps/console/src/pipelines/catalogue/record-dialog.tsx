import { Autocomplete, Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Failure } from '../../ui/index.ts'
import { useClients, useSegments } from '../use-catalogue.ts'
import { createRecord, type Kind, nouns, type Record, updateRecord } from './records.ts'

interface RecordDialogProps {
  readonly kind: Kind
  readonly projectId: string
  /** That is changed; a new one without. */
  readonly record?: Record | undefined
  /** Name of its client or segment. */
  readonly parent?: string | undefined
  readonly onClose: () => void
  readonly onSaved?: (record: Record) => void
}

const parents = { brand: 'client', type: 'segment' } as const

/** Makes or renames one of what pipelines are sorted by; a client or segment that is missing is made with it. */
export function RecordDialog({ kind, projectId, record, parent = '', onClose, onSaved }: RecordDialogProps) {
  const [name, setName] = useState(record?.name ?? '')
  const [title, setTitle] = useState(record?.display_name ?? '')
  const [above, setAbove] = useState(parent)
  const clients = useClients(projectId)
  const segments = useSegments(projectId)
  const parentKind = kind === 'brand' || kind === 'type' ? parents[kind] : undefined
  const known: readonly Record[] = (parentKind === 'client' ? clients.data : segments.data) ?? []
  const save = useMutation({
    mutationFn: async () => {
      const given = { name: name.trim(), display_name: title.trim() === '' ? null : title.trim(), parent: null }
      const wanted = above.trim()
      let parentId: string | null = null
      if (parentKind !== undefined && wanted !== '') {
        const found = known.find((one) => one.name === wanted)
        parentId = (
          found ?? (await createRecord(parentKind, projectId, { ...given, display_name: null, name: wanted }))
        ).id
      }
      const values = { ...given, parent: parentId }
      return record === undefined
        ? await createRecord(kind, projectId, values)
        : await updateRecord(kind, record, values)
    },
    meta: { showsFailure: true },
    onSuccess: (saved) => {
      onSaved?.(saved)
      onClose()
    },
  })
  const noun = nouns[kind]
  const isParentNew = above.trim() !== '' && !known.some((one) => one.name === above.trim())
  const isReady = name.trim() !== '' && (kind !== 'brand' || above.trim() !== '')
  return (
    <Modal
      opened
      onClose={onClose}
      title={record === undefined ? `New ${noun}` : `Change the ${noun} ${record.name}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          // A dialog may stand within another form.
          event.stopPropagation()
          if (isReady && !save.isPending) save.mutate()
        }}
      >
        <Stack>
          {parentKind !== undefined && (
            <Autocomplete
              data-autofocus={parent === ''}
              label={parentKind === 'client' ? 'Client' : 'Segment'}
              required={kind === 'brand'}
              description={
                isParentNew
                  ? `There is no ${parentKind} ${above.trim()} yet; it is made with the ${noun}.`
                  : `One that is there, or the name of a new one.`
              }
              data={known.map((one) => one.name)}
              value={above}
              onChange={setAbove}
            />
          )}
          <TextInput
            data-autofocus={parentKind === undefined || parent !== ''}
            label="Name"
            description="Letters, digits, dot, underscore and dash. Paths of data are made of it."
            required
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <TextInput
            label="Display name"
            description="As people write it. May be left empty."
            value={title}
            maxLength={200}
            onChange={({ currentTarget }) => setTitle(currentTarget.value)}
          />
          {save.error !== null && <Failure error={save.error} title="This was not saved" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!isReady}>
              {record === undefined ? `Add the ${noun}` : 'Save'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
