import { Button, Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { apiAll } from '../api/index.ts'
import { EmptyState, Loaded, Page } from '../ui/index.ts'
import { PipelineList } from './list/pipeline-list.tsx'

/** Pipelines of all projects that the person may see. */
export function PipelinesPage() {
  const [isChoosing, setChoosing] = useState(false)
  const button = <Button onClick={() => setChoosing(true)}>New pipeline</Button>
  return (
    <Page
      title="Pipelines"
      about="A pipeline is put together from templates, without code: transformations in seven states, which run in their order."
    >
      <PipelineList
        action={button}
        empty="A pipeline belongs to a project, whose templates it is made of. Choose the project to begin."
      />
      {isChoosing && <ProjectChoice onClose={() => setChoosing(false)} />}
    </Page>
  )
}

/** A pipeline belongs to a project; which, is asked first. */
function ProjectChoice({ onClose }: { readonly onClose: () => void }) {
  const projects = useQuery(apiAll('/api/data/projects'))
  return (
    <Modal opened onClose={onClose} title="In which project?" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Loaded query={projects}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState
              title="No projects yet"
              action={<Button renderRoot={(props) => <Link {...props} to="/projects/new" />}>New project</Button>}
            />
          ) : (
            <Stack gap={4}>
              <Text size="sm" c="dimmed">
                It uses the templates, brands and connections of the project.
              </Text>
              {found.map(({ id, name, namespace, slug }) => (
                <Button
                  key={id}
                  variant="default"
                  justify="flex-start"
                  renderRoot={(props) => (
                    <Link
                      {...props}
                      to="/projects/$namespace/$project/pipelines/new"
                      params={{ namespace, project: slug } as never}
                    />
                  )}
                >
                  {name} ({namespace})
                </Button>
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Modal>
  )
}
