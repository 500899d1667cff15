import { Anchor, Badge, Group } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { CopyText, Facts, Moment, Panel, UserName } from '../../ui/index.ts'
import { ProjectNameById } from '../project-name.tsx'
import { useProject } from '../use-project.ts'

export function ProjectFacts() {
  const { id, namespace, slug, keywords, visibility, template_id: template, ...project } = useProject()
  const path = `${namespace}/${slug}`
  return (
    <Panel title="About">
      {keywords.length > 0 && (
        <Group gap={6} role="group" aria-label="Keywords">
          {keywords.map((keyword) => (
            <Badge
              key={keyword}
              variant="default"
              maw="100%"
              style={{ cursor: 'pointer' }}
              renderRoot={(props) => (
                <Link {...props} to="/projects" search={{ q: keyword }} aria-label={`Projects with ${keyword}`} />
              )}
            >
              {keyword}
            </Badge>
          ))}
        </Group>
      )}
      <Facts
        label="About the project"
        facts={[
          [
            'Address',
            <Group key="address" gap={4} wrap="nowrap">
              <span>{path}</span>
              <CopyText value={path} label={`Copy ${path}`} />
            </Group>,
          ],
          [
            'Namespace',
            <Anchor
              key="namespace"
              inherit
              renderRoot={(props) => <Link {...props} to="/people/$namespace" params={{ namespace }} />}
            >
              {namespace}
            </Anchor>,
          ],
          ['Seen by', visibility === 'public' ? 'everybody' : 'members only'],
          ['Created', <Moment key="created" at={project.creation_date} />],
          ['by', <UserName key="by" id={project.created_by} />],
          ['Changed', <Moment key="changed" at={project.updated_at} />],
          ...(template === undefined ? [] : [['Copy of', <ProjectNameById key="template" id={template} />] as const]),
        ]}
      />
    </Panel>
  )
}
