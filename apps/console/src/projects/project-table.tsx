import { Anchor, Badge, Group, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../api/index.ts'
import { type Column, DataTable, Moment } from '../ui/index.ts'
import { PinButton } from './pin-button.tsx'

export type FoundProject = Extract<Schema<'SearchItem'>, { type: 'Project' }>

interface ProjectTableProps {
  readonly projects: readonly FoundProject[]
  readonly onKeyword?: (keyword: string) => void
}

export function ProjectTable({ projects, onKeyword }: ProjectTableProps) {
  const columns: Column<FoundProject>[] = [
    {
      title: 'Project',
      cell: ({ name, path, description }) => {
        const [namespace = '', project = ''] = path.split('/')
        return (
          <Stack gap={0}>
            <Anchor
              size="sm"
              fw={600}
              style={{ overflowWrap: 'anywhere' }}
              renderRoot={(props) => (
                <Link {...props} to="/projects/$namespace/$project" params={{ namespace, project }} />
              )}
            >
              {name}
            </Anchor>
            <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {path}
            </Text>
            {description !== undefined && (
              <Text size="sm" lineClamp={1}>
                {description}
              </Text>
            )}
          </Stack>
        )
      },
    },
    {
      title: 'Keywords',
      isSecondary: true,
      cell: ({ keywords }) => (
        <Group gap={4}>
          {keywords.slice(0, 4).map((keyword) => (
            <Badge
              key={keyword}
              variant="default"
              maw={160}
              {...(onKeyword === undefined
                ? {}
                : {
                    component: 'button' as const,
                    type: 'button' as const,
                    style: { cursor: 'pointer' },
                    'aria-label': `Look for ${keyword}`,
                    onClick: () => onKeyword(keyword),
                  })}
            >
              {keyword}
            </Badge>
          ))}
          {keywords.length > 4 && (
            <Text size="xs" c="dimmed">
              and {keywords.length - 4} more
            </Text>
          )}
        </Group>
      ),
    },
    { title: 'Visibility', isSecondary: true, cell: ({ visibility }) => <Badge variant="default">{visibility}</Badge> },
    { title: 'Created', isSecondary: true, align: 'right', cell: ({ creationDate }) => <Moment at={creationDate} /> },
    { title: 'Pin', align: 'right', cell: ({ path }) => <PinButton path={path} size="sm" /> },
  ]
  return <DataTable label="Projects" rows={projects} rowKey={({ id }) => id} columns={columns} />
}
