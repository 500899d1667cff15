import { Title } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useProjectPlace, useWrite } from '../connections/index.ts'
import { EmptyState } from '../ui/index.ts'
import { CopyEditor } from './copy-editor.tsx'

export function NewCopyPage() {
  const place = useProjectPlace()
  const { from } = useSearch({ strict: false }) as { from?: string }
  const navigate = useNavigate()
  const mayWrite = useWrite(place)
  if (mayWrite === false) {
    return <EmptyState title="You may not copy data here">Ask an owner of the project for the role editor.</EmptyState>
  }
  return (
    <>
      <Title order={2}>Copy data</Title>
      <CopyEditor
        project={place}
        {...(from === undefined ? {} : { from })}
        onSaved={({ name }, run) =>
          void navigate({
            to: '/projects/$namespace/$project/copies/$copy',
            params: { namespace: place.namespace, project: place.slug, copy: name },
            search: run === undefined ? {} : { run: run.id },
          } as never)
        }
      />
    </>
  )
}
