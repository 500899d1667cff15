import { Alert, Button, Group, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { apiQuery } from '../api/index.ts'
import { Failure, fieldProblems, Page, ProjectSelect, slugFrom, slugProblem, useLeaveGuard } from '../ui/index.ts'
import { fieldsOf, type ProjectFields } from './fields.ts'
import { NamespaceSelect, namespacesQuery } from './namespace-select.tsx'
import { ProjectFieldInputs } from './project-fields.tsx'
import { newProjectSearch } from './search.ts'
import { useNewProject } from './use-new-project.ts'

const blank: Omit<ProjectFields, 'name'> = {
  ...{ description: '', keywords: [], repositories: [], visibility: 'private', is_template: false },
  secrets_mount_directory: '',
}

export function NewProjectPage() {
  const { namespace: given, from } = useSearch({ from: '/shell/projects/new' })
  const navigate = useNavigate({ from: '/projects/new' })
  const [typed, setTyped] = useState<Partial<ProjectFields> & { readonly slug?: string }>({})
  const template = useQuery({
    ...apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id: from ?? '' } } }),
    enabled: from !== undefined,
  })
  const writable = useQuery(namespacesQuery('editor'))
  const create = useNewProject(from)
  useLeaveGuard(Object.keys(typed).length > 0 && !create.isSuccess)

  const { name = '', ...others } = typed
  const ofTemplate = from === undefined || template.data === undefined ? {} : copiedFields(template.data)
  const values = { ...blank, ...ofTemplate, ...others }
  // The person's own one is the first.
  const namespace = given ?? writable.data?.[0]?.slug ?? null
  const slug = typed.slug ?? slugFrom(name)
  const problems = fieldProblems(create.error)
  const slugError = (typed.slug === undefined && name === '' ? undefined : slugProblem(slug)) ?? problems.slug
  const set = (change: typeof typed) => {
    if (change.slug !== undefined || change.name !== undefined) create.reset()
    setTyped((before) => ({ ...before, ...change }))
  }
  return (
    <Page title="New project" above={[{ label: 'Projects', link: { to: '/projects' } }]}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (namespace === null || slugProblem(slug) !== undefined) return
          const { slug: _, ...fields } = values
          create.mutate({ ...fields, name: name.trim(), namespace, slug })
        }}
      >
        <Stack gap="md" maw={640}>
          <TextInput
            label="Name"
            required
            data-autofocus
            maxLength={99}
            value={name}
            error={problems.name}
            onChange={({ currentTarget }) => set({ name: currentTarget.value })}
          />
          <Group align="flex-start" gap="sm">
            <NamespaceSelect
              label="Namespace"
              description="Whose it is: your own, or a group’s."
              required
              allowDeselect={false}
              flex="1 1 220px"
              minimumRole="editor"
              value={namespace}
              error={problems.namespace}
              onChange={(next) => void navigate({ search: newProjectSearch({ namespace: next, from }) })}
            />
            <TextInput
              label="Slug"
              description="Its address, and its name for programs."
              required
              flex="1 1 220px"
              maxLength={99}
              value={slug}
              error={slugError}
              onChange={({ currentTarget }) => set({ slug: currentTarget.value })}
            />
          </Group>
          <ProjectSelect
            label="Start from"
            placeholder="Nothing: an empty project"
            description="A template, or any project that you may see."
            clearable
            showsTemplates
            value={from ?? null}
            onChange={(id) => void navigate({ search: newProjectSearch({ namespace: given, from: id }) })}
          />
          {template.error !== null && <Failure error={template.error} title="There is nothing to copy" />}
          {template.data !== undefined && from !== undefined && (
            <Alert color="cyan" title={`Starts as a copy of ${template.data.name}`}>
              Its documentation, slots of session secrets, session launchers and links to data connectors that you may
              read are copied. Workflows, pipelines, connections, secrets and members are not.
            </Alert>
          )}
          <ProjectFieldInputs values={values} onChange={set} problems={problems} maySetVisibility />
          {create.error !== null && Object.keys(problems).length === 0 && <Failure error={create.error} />}
          <Group>
            <Button type="submit" loading={create.isPending} disabled={name.trim() === '' || namespace === null}>
              Create the project
            </Button>
            <Button variant="default" renderRoot={(props) => <Link {...props} to="/projects" />}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  )
}

function copiedFields(template: Parameters<typeof fieldsOf>[0]): Partial<ProjectFields> {
  const { description, keywords, repositories, visibility, secrets_mount_directory } = fieldsOf(template)
  return { description, keywords, repositories, visibility, secrets_mount_directory }
}
