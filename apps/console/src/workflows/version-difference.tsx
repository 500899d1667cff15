import { List, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { apiQuery, type Schema } from '../api/index.ts'
import { GraphView } from '../graph/index.ts'
import { TextDifference } from '../ui/code/index.ts'
import { Loaded } from '../ui/index.ts'
import { differenceGraph, type Manifest } from './manifest-graph.ts'
import { useManifest } from './use-manifest.ts'

interface VersionDifferenceProps {
  readonly workflow: string
  readonly from: string
  readonly to: string
}

/** What changed between two versions: in words, in the graph, and in the text of the manifests. */
export function VersionDifference({ workflow, from, to }: VersionDifferenceProps) {
  const before = useManifest(workflow, from)
  const after = useManifest(workflow, to)
  const difference = useQuery(
    apiQuery('/api/workflows/{workflow}/diff', { params: { path: { workflow }, query: { from, to } } }),
  )
  if (from === to) return <Text size="sm">Choose two versions to see what differs.</Text>
  return (
    <Loaded query={difference}>
      {(found) => (
        <Loaded query={before}>
          {(older) => (
            <Loaded query={after}>{(newer) => <Shown before={older} after={newer} difference={found} />}</Loaded>
          )}
        </Loaded>
      )}
    </Loaded>
  )
}

interface ShownProps {
  readonly before: Manifest
  readonly after: Manifest
  readonly difference: Schema<'WorkflowDiff'>
}

function Shown({ before, after, difference }: ShownProps) {
  const graph = useMemo(() => differenceGraph(before, after, difference), [before, after, difference])
  const [selected, setSelected] = useState<string>()
  const title = `${before.version} and ${after.version}`
  return (
    <Stack gap="md">
      <Summary difference={difference} />
      <GraphView label={`Nodes of ${title}`} {...graph} selected={selected} onSelect={setSelected} />
      <TextDifference label={`Manifests of ${title}`} before={manifestText(before)} after={manifestText(after)} />
    </Stack>
  )
}

function Summary({ difference }: { readonly difference: Schema<'WorkflowDiff'> }) {
  const { added, removed, changed, workflow, package_changed } = difference
  const isSame = added.length + removed.length + changed.length + workflow.length === 0
  return (
    <List size="sm" aria-label="What changed">
      {added.length > 0 && <List.Item>Nodes added: {added.join(', ')}</List.Item>}
      {removed.length > 0 && <List.Item>Nodes removed: {removed.join(', ')}</List.Item>}
      {changed.map(({ id, fields }) => (
        <List.Item key={id}>
          {id} changed: {fields.join(', ')}
        </List.Item>
      ))}
      {workflow.length > 0 && <List.Item>The workflow itself changed: {workflow.join(', ')}</List.Item>}
      {isSame && <List.Item>No node and no setting differs.</List.Item>}
      <List.Item>{package_changed ? 'The code of the package is another.' : 'The code is the same.'}</List.Item>
    </List>
  )
}

/** In one order, so that the same things make the same lines. */
function manifestText(manifest: Manifest): string {
  return JSON.stringify(manifest, (_key, value) => (isMap(value) ? sorted(value) : value), 2)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  const front = ['id', 'name', 'version']
  const keys = Object.keys(value).toSorted((a, b) => {
    const [x, y] = [front.indexOf(a), front.indexOf(b)]
    if (x !== y) return (x < 0 ? front.length : x) - (y < 0 ? front.length : y)
    return a < b ? -1 : 1
  })
  return Object.fromEntries(keys.map((key) => [key, value[key]]))
}
