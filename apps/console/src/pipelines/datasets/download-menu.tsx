import { Button, Menu } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { api } from '../../api/index.ts'
import { type Filter, filtersText } from './filters.ts'

interface DownloadMenuProps {
  readonly pipelineId: string
  readonly transformation: string
  readonly name: string
  readonly filters: readonly Filter[]
}

const formats = [
  { format: 'csv', label: 'CSV' },
  { format: 'ndjson', label: 'NDJSON, a line of JSON for each row' },
  { format: 'parquet', label: 'Parquet' },
]

/** All rows that the filters want, as a file. */
export function DownloadMenu({ pipelineId, transformation, name, filters }: DownloadMenuProps) {
  const download = useMutation({
    mutationFn: async (format: string) => {
      const query = new URLSearchParams({ format, ...(filters.length === 0 ? {} : { filters: filtersText(filters) }) })
      const answer = await api.stream(`/api/pipelines/${pipelineId}/datasets/${transformation}/file?${query}`)
      save(await answer.blob(), `${name}.${format}`)
    },
  })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconDownload size={16} aria-hidden />}
          loading={download.isPending}
        >
          Download {filters.length === 0 ? 'all rows' : 'what fits'}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map(({ format, label }) => (
          <Menu.Item key={format} onClick={() => download.mutate(format)}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function save(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
