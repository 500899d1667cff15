import { Group, Stack, Text } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { GraphView } from '../graph/index.ts'
import { Loaded } from '../ui/index.ts'
import { type Manifest, manifestGraph } from './manifest-graph.ts'
import { NodeDetails } from './node-details.tsx'
import { useManifest } from './use-manifest.ts'
import { useWorkflow } from './use-workflow.ts'
import { VersionSelect } from './version-select.tsx'

/** The tasks of any version, and what is set for each. */
export function WorkflowGraphPage() {
  const { workflow } = useWorkflow()
  const search = useSearch({ from: '/shell/workflows/$workflow/graph' })
  const navigate = useNavigate({ from: '/workflows/$workflow/graph' })
  const version = search.version ?? workflow.version
  const manifest = useManifest(workflow.name, version)
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Text size="sm">Version</Text>
        <VersionSelect
          value={version}
          onChange={(next) => void navigate({ search: next === workflow.version ? {} : { version: next } })}
        />
      </Group>
      <Loaded query={manifest} lines={8}>
        {(found) => (
          <ManifestView
            manifest={found}
            selected={search.node}
            onSelect={(node) => {
              const { node: _before, ...kept } = search
              void navigate({
                search: node === undefined ? kept : { ...kept, node },
                replace: true,
                resetScroll: false,
              })
            }}
          />
        )}
      </Loaded>
    </Stack>
  )
}

interface ManifestViewProps {
  readonly manifest: Manifest
  readonly selected: string | undefined
  readonly onSelect: (id: string | undefined) => void
}

function ManifestView({ manifest, selected, onSelect }: ManifestViewProps) {
  const graph = useMemo(() => manifestGraph(manifest), [manifest])
  const node = manifest.nodes.find(({ id }) => id === selected)
  return (
    <>
      <GraphView
        label={`Graph of ${manifest.name} ${manifest.version}`}
        {...graph}
        selected={selected}
        onSelect={onSelect}
        onOpen={() => document.getElementById('node-details')?.focus()}
      />
      {node !== undefined && <NodeDetails node={node} manifest={manifest} onSelect={onSelect} />}
    </>
  )
}
