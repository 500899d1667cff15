import { Button, Menu } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'

/** So many projects are offered; the others are in the list of all. */
export const projectsOfNewCopies = { per_page: 10 } as const

/** Begins a copy in a project, which has to be chosen first. */
export function NewCopyButton() {
  const projects = useQuery(apiQuery('/api/data/projects', { params: { query: projectsOfNewCopies } }))
  if (projects.data === undefined || projects.data.length === 0) return null
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button rightSection={<IconChevronDown size={16} aria-hidden />}>Copy data</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>In which project</Menu.Label>
        {projects.data.map(({ id, name, namespace, slug }) => (
          <Menu.Item
            key={id}
            renderRoot={(props) => (
              <Link {...props} to="/projects/$namespace/$project/copies/new" params={{ namespace, project: slug }} />
            )}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item renderRoot={(props) => <Link {...props} to="/projects" />}>All projects</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
