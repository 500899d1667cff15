import {
  IconArrowsExchange,
  IconBox,
  IconFolder,
  IconPlayerPlay,
  IconPlug,
  IconPlugConnected,
  IconRoute,
  IconUser,
  IconUsersGroup,
} from '@tabler/icons-react'
import type { LinkProps } from '@tanstack/react-router'
import type { Schema } from '../../api/index.ts'

/** A line of the search. */
export interface Found {
  readonly id: string
  readonly label: string
  readonly description?: string
  readonly icon: typeof IconFolder
  /** Where it leads, or what it does. */
  readonly go: LinkProps | (() => void)
}

/** What the search of entities found, with where it is shown. */
export function entityFound(item: Schema<'SearchItem'>): Found {
  const id = `${item.type}-${item.id}`
  const [namespace = '', project = ''] = item.path.split('/')
  const inProject: LinkProps = { to: '/projects/$namespace/$project', params: { namespace, project } }
  const ofNamespace: LinkProps = { to: '/search', search: { q: `namespace:${namespace}` } as never }
  switch (item.type) {
    case 'Project':
      return { id, label: item.name, description: item.path, icon: IconFolder, go: inProject }
    case 'Group':
      return {
        ...{ id, label: item.name, description: item.slug, icon: IconUsersGroup },
        go: { to: '/groups/$group', params: { group: item.slug } },
      }
    case 'User':
      return { id, label: nameOf(item), description: item.slug, icon: IconUser, go: ofNamespace }
    case 'DataConnector':
      return {
        ...{ id, label: item.name, description: item.path, icon: IconPlugConnected },
        go: item.path.split('/').length > 2 ? inProject : ofNamespace,
      }
  }
}

function nameOf({ firstName = '', lastName = '', slug }: Extract<Schema<'SearchItem'>, { type: 'User' }>): string {
  return `${firstName} ${lastName}`.trim() || slug
}

export function workflowFound({ name, title, paused, copy }: Schema<'Workflow'> & { readonly copy?: boolean }): Found {
  const state = paused ? 'paused' : undefined
  const description = [title, state].filter((text) => text !== undefined).join(', ')
  return {
    ...{ id: `workflow-${name}`, label: name, icon: copy === true ? IconArrowsExchange : IconRoute },
    ...(description === '' ? {} : { description }),
    go: { to: '/workflows/$workflow', params: { workflow: name } },
  }
}

export function pipelineFound({ id, name, brand, client, type }: Schema<'Pipeline'>): Found {
  return {
    ...{ id: `pipeline-${id}`, label: name, description: `${client}, ${brand}, ${type}`, icon: IconBox },
    go: { to: '/pipelines/$pipeline', params: { pipeline: id } },
  }
}

export function runFound({ id, workflow, state }: Schema<'Run'>): Found {
  return {
    ...{ id: `run-${id}`, label: `Run ${id}`, description: `${workflow}, ${state}`, icon: IconPlayerPlay },
    go: { to: '/runs/$run', params: { run: id } },
  }
}

export function connectionFound({ id, name, project, namespace }: Schema<'ReadableConnection'>): Found {
  const shown = { id: `connection-${id}`, label: name, icon: IconPlug }
  if (namespace === undefined) {
    const go: LinkProps = { to: '/connections/platform/$connection', params: { connection: id } }
    return { ...shown, description: 'of the platform', go }
  }
  const params = { namespace: namespace.slug, connection: id }
  if (project === undefined) {
    return { ...shown, description: namespace.slug, go: { to: '/connections/of/$namespace/$connection', params } }
  }
  return {
    ...{ ...shown, description: `${namespace.slug}/${project.slug}` },
    go: {
      to: '/projects/$namespace/$project/connections/$connection',
      params: { ...params, project: project.slug },
    },
  }
}
