import { Button, Modal, Stack, Text, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { EmptyState, Failure, Page, useProjectChoices } from '../ui/index.ts'
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
  const [text, setText] = useState('')
  const { projects, error } = useProjectChoices(text)
  return (
    <Modal opened onClose={onClose} title="In which project?" closeButtonProps={{ 'aria-label': 'Close' }}>
      {projects?.length === 0 && text === '' ? (
        <EmptyState
          title="No projects yet"
          action={<Button renderRoot={(props) => <Link {...props} to="/projects/new" />}>New project</Button>}
        />
      ) : (
        <Stack gap={4}>
          <Text size="sm" c="dimmed">
            It uses the templates, brands and connections of the project.
          </Text>
          <TextInput
            type="search"
            aria-label="Find a project"
            placeholder="Find a project"
            maxLength={300}
            data-autofocus
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
          {error !== null && <Failure error={error} />}
          {projects?.length === 0 && <Text size="sm">No project is called so.</Text>}
          {projects?.map(({ id, name, namespace, slug }) => (
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
      )}
    </Modal>
  )
}
