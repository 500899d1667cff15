import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useProject } from '../projects/index.ts'
import { PipelineList } from './list/pipeline-list.tsx'
import { useProjectWrite } from './use-project-write.ts'

export function ProjectPipelinesPage() {
  const { id, namespace, slug } = useProject()
  const mayWrite = useProjectWrite(id) === true
  const params = { namespace, project: slug } as never
  return (
    <PipelineList
      projectId={id}
      action={
        mayWrite ? (
          <Button
            renderRoot={(props) => <Link {...props} to="/projects/$namespace/$project/pipelines/new" params={params} />}
          >
            New pipeline
          </Button>
        ) : null
      }
      empty={
        mayWrite
          ? 'A pipeline is put together from templates, without code. Make templates first, or upload a configuration as YAML.'
          : 'Who may change this project can make one.'
      }
    />
  )
}
