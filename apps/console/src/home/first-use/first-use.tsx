import { Anchor, Button, Paper, Stack, Text, Title } from '@mantine/core'
import { IconArrowsExchange, IconBox, IconRoute } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { apiQuery, useUser } from '../../api/index.ts'
import { Commands } from './commands.tsx'
import styles from './first-use.module.css'

/** What a person sees who has nothing yet: the ways to begin, each with its next step. */
export function FirstUse() {
  const { name } = useUser()
  const projects = useQuery(apiQuery('/api/data/projects', { params: { query: { per_page: 1 } } }))
  const [project] = projects.data ?? []
  const params = project === undefined ? undefined : { namespace: project.namespace, project: project.slug }
  const path = project === undefined ? 'GROUP/PROJECT' : `${project.namespace}/${project.slug}`
  const inProject = (to: string): LinkProps =>
    params === undefined ? { to: '/projects/new' } : ({ to, params } as unknown as LinkProps)
  return (
    <Stack gap="lg">
      <Text maw={720}>
        Welcome, {name}. There is no workflow yet that you may see. Begin in the way that fits; the others stay open.
        {project === undefined && (
          <>
            {' '}
            All of them need a project, which holds connections, workflows and people together:{' '}
            <Anchor component={Link} to="/projects/new">
              make the first one
            </Anchor>
            .
          </>
        )}
      </Text>
      <div className={styles.ways}>
        <Way icon={<IconArrowsExchange size={22} aria-hidden />} title="Copy data">
          <Text size="sm">
            Move tables from a database or files to another, proven row by row, once or by a schedule. No code.
          </Text>
          <ol className={styles.steps}>
            <li>Save a connection to where the data is, and one to where it goes.</li>
            <li>Choose tables and look at the plan.</li>
            <li>Run it, and read the proof.</li>
          </ol>
          <Button
            component={Link}
            {...(inProject('/projects/$namespace/$project/copies/new') as object)}
            variant="filled"
          >
            {params === undefined ? 'Make a project' : 'Copy data'}
          </Button>
          {params !== undefined && (
            <Button
              component={Link}
              {...(inProject('/projects/$namespace/$project/connections/new') as object)}
              variant="default"
            >
              New connection
            </Button>
          )}
        </Way>
        <Way icon={<IconRoute size={22} aria-hidden />} title="Deploy a workflow">
          <Text size="sm">Write tasks in TypeScript, connect them to a graph, and have it run on a schedule.</Text>
          <ol className={styles.steps}>
            <li>Make a package with a first workflow.</li>
            <li>Deploy it to this server.</li>
            <li>Start it, here or from the shell.</li>
          </ol>
          <Commands
            label="Commands that make and deploy a workflow"
            lines={[
              'npx millrace init my-workflows',
              'cd my-workflows && npm install',
              `npx millrace deploy --url ${location.origin} --project ${path}`,
            ]}
          />
        </Way>
        <Way icon={<IconBox size={22} aria-hidden />} title="Configure a pipeline">
          <Text size="sm">
            Choose templates, fill in their variables, put them in order: the platform makes the workflow. For analysts.
          </Text>
          <ol className={styles.steps}>
            <li>Make clients, brands and templates, or take them from a file.</li>
            <li>Put transformations into the states of a pipeline.</li>
            <li>Activate it.</li>
          </ol>
          <Button
            component={Link}
            {...(inProject('/projects/$namespace/$project/pipelines') as object)}
            variant="default"
          >
            {params === undefined ? 'Make a project' : 'Configure a pipeline'}
          </Button>
          <Commands
            label="Command that takes pipelines from a file"
            lines={[`npx millrace pipelines apply pipelines.yaml --project ${path}`]}
          />
        </Way>
      </div>
    </Stack>
  )
}

function Way({
  icon,
  title,
  children,
}: {
  readonly icon: ReactNode
  readonly title: string
  readonly children: ReactNode
}) {
  return (
    <Paper component="section" aria-label={title} withBorder p="md" className={styles.way}>
      <Title order={2} style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
        {icon}
        {title}
      </Title>
      {children}
    </Paper>
  )
}
