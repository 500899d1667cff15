import { Button, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Loaded, Panel } from '../../ui/index.ts'
import { Markdown } from '../../ui/markdown/index.ts'
import { documentedQuery } from '../project-query.ts'
import { usePermissions } from '../use-permissions.ts'
import { type Project, useProject } from '../use-project.ts'
import { DocumentationEditor } from './documentation-editor.tsx'

/** What the members wrote about the project; with `?edit=documentation` beside what they are writing. */
export function Documentation() {
  const { id } = useProject()
  const { write } = usePermissions()
  const { edit } = useSearch({ from: '/shell/projects/$namespace/$project/' })
  const navigate = useNavigate({ from: '/projects/$namespace/$project' })
  const project = useQuery(documentedQuery(id))
  const isEditing = edit === 'documentation' && write
  const open = () => void navigate({ search: { edit: 'documentation' } })
  return (
    <Panel
      title="Documentation"
      actions={
        write &&
        !isEditing && (
          <Button size="xs" variant="default" onClick={open}>
            Edit the documentation
          </Button>
        )
      }
    >
      <Loaded query={project}>
        {(found) =>
          isEditing ? (
            <DocumentationEditor project={found} onDone={() => void navigate({ search: {}, ignoreBlocker: true })} />
          ) : (
            <DocumentationText project={found} mayWrite={write} />
          )
        }
      </Loaded>
    </Panel>
  )
}

interface DocumentationTextProps {
  readonly project: Project
  readonly mayWrite: boolean
}

function DocumentationText({ project: { documentation = '' }, mayWrite }: DocumentationTextProps) {
  if (documentation.trim() !== '') return <Markdown text={documentation} />
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        Nothing is written here yet.{' '}
        {mayWrite && 'Say what the project is for, whom to ask, and what to do when something fails.'}
      </Text>
    </Stack>
  )
}
