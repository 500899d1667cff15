import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import type { Workflow } from './use-workflow.ts'

/** Workflows of copies are named so. */
const prefix = 'copy-'

/** The way to the copy that a workflow was made of; nothing for others. */
export function CopyButton({ workflow: { name, category, project_id } }: { readonly workflow: Workflow }) {
  const isCopy = category === 'copy' && name.startsWith(prefix) && project_id !== undefined
  const project = useQuery({
    ...apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id: project_id ?? '' } } }),
    enabled: isCopy,
  })
  if (!isCopy || project.data === undefined) return null
  const { namespace, slug } = project.data
  const params = { namespace, project: slug, copy: name.slice(prefix.length) }
  return (
    <Button
      variant="default"
      renderRoot={(props) => (
        <Link {...props} to="/projects/$namespace/$project/copies/$copy" params={params as never} />
      )}
    >
      Copy
    </Button>
  )
}
