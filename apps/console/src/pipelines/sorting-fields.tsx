import { Button, Group, Select } from '@mantine/core'
import { useState } from 'react'
import { RecordDialog } from './catalogue/record-dialog.tsx'
import { useBrands, useClients, useSegments, useTypes } from './use-catalogue.ts'

interface SortingFieldsProps {
  readonly projectId: string
  readonly brandId: string
  readonly typeId: string
  readonly onBrand: (id: string) => void
  readonly onType: (id: string) => void
  readonly isDisabled?: boolean
  readonly errors?: { readonly brand?: string | undefined; readonly type?: string | undefined }
}

/** Brand and type of a pipeline; what is missing is made in place. */
export function SortingFields({
  projectId,
  brandId,
  typeId,
  onBrand,
  onType,
  isDisabled = false,
  errors = {},
}: SortingFieldsProps) {
  const [making, setMaking] = useState<'brand' | 'type'>()
  const brands = useBrands(projectId)
  const clients = useClients(projectId)
  const types = useTypes(projectId)
  const segments = useSegments(projectId)
  const clientOf = (id: string | null) => clients.data?.find((one) => one.id === id)?.name ?? ''
  const segmentOf = (id: string | null) => segments.data?.find((one) => one.id === id)?.name
  return (
    <>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <Select
          style={{ flex: 1 }}
          label="Brand"
          description="Whose data it is: the client, then the brand."
          placeholder={brands.data?.length === 0 ? 'There is none yet' : 'Choose a brand'}
          required
          searchable
          allowDeselect={false}
          disabled={isDisabled}
          data={(brands.data ?? []).map(({ id, name, client_id }) => ({
            value: id,
            label: `${clientOf(client_id)} / ${name}`,
          }))}
          value={brandId === '' ? null : brandId}
          error={errors.brand}
          onChange={(id) => id !== null && onBrand(id)}
        />
        {!isDisabled && (
          <Button variant="default" onClick={() => setMaking('brand')}>
            New brand
          </Button>
        )}
      </Group>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <Select
          style={{ flex: 1 }}
          label="Type"
          description="What kind of pipeline it is."
          placeholder={types.data?.length === 0 ? 'There is none yet' : 'Choose a type'}
          required
          searchable
          allowDeselect={false}
          disabled={isDisabled}
          data={(types.data ?? []).map(({ id, name, segment_id }) => {
            const segment = segmentOf(segment_id)
            return { value: id, label: segment === undefined ? name : `${name} (${segment})` }
          })}
          value={typeId === '' ? null : typeId}
          error={errors.type}
          onChange={(id) => id !== null && onType(id)}
        />
        {!isDisabled && (
          <Button variant="default" onClick={() => setMaking('type')}>
            New type
          </Button>
        )}
      </Group>
      {making !== undefined && (
        <RecordDialog
          kind={making}
          projectId={projectId}
          onClose={() => setMaking(undefined)}
          onSaved={({ id }) => (making === 'brand' ? onBrand(id) : onType(id))}
        />
      )}
    </>
  )
}
