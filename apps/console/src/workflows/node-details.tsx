import { Anchor, CloseButton, Code, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { durationText, JsonText } from '../ui/index.ts'
import type { Manifest, ManifestNode } from './manifest-graph.ts'
import { triggerRuleWords } from './trigger-rule-words.ts'

interface NodeDetailsProps {
  readonly node: ManifestNode
  readonly manifest: Manifest
  readonly onSelect: (id: string | undefined) => void
}

/** What is set for a node of a version. */
export function NodeDetails({ node, manifest, onSelect }: NodeDetailsProps) {
  const { id, name, kind, operator, upstreams, mapOver, branch, connections, secrets, options, params } = node
  const after = manifest.nodes.filter((other) => other.upstreams.includes(id)).map((other) => other.id)
  const { timeouts, resources } = options
  const links = (ids: readonly string[]) =>
    ids.length === 0 ? (
      'nothing'
    ) : (
      <Group gap="xs">
        {ids.map((other) => (
          <Anchor key={other} component="button" type="button" size="sm" onClick={() => onSelect(other)}>
            {other}
          </Anchor>
        ))}
      </Group>
    )
  return (
    <Paper withBorder p="md" id="node-details" tabIndex={-1} component="section" aria-label={`Node ${id}`}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Title order={2}>{name === id ? id : `${name} (${id})`}</Title>
          <CloseButton aria-label="Close the node" onClick={() => onSelect(undefined)} />
        </Group>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm" verticalSpacing="xs">
          <Fact title="Kind">
            {kind === 'spacer' ? 'spacer: joins edges, does nothing' : (operator?.name ?? 'task')}
            {branch && ', chooses which nodes go on'}
          </Fact>
          <Fact title="Runs when">{triggerRuleWords(options.triggerRule)}</Fact>
          {mapOver !== null && <Fact title="Once for each item of">{links([mapOver])}</Fact>}
          <Fact title="Before it">{links(upstreams)}</Fact>
          <Fact title="After it">{links(after)}</Fact>
          {kind === 'task' && (
            <>
              <Fact title="Retries">{retriesText(options)}</Fact>
              <Fact title="Longest attempt">{secondsText(timeouts.startToCloseSeconds)}</Fact>
              <Fact title="Longest from ready to start">{secondsText(timeouts.scheduleToStartSeconds)}</Fact>
              <Fact title="Longest with all attempts">{secondsText(timeouts.scheduleToCloseSeconds)}</Fact>
              <Fact title="Queue">{options.queue}</Fact>
              <Fact title="Pool">
                {options.pool === null
                  ? 'none'
                  : `${options.pool}, ${options.poolSlots === 1 ? '1 slot' : `${options.poolSlots} slots`}`}
              </Fact>
              <Fact title="Priority">{options.priority}</Fact>
              {options.concurrencyKey !== null && (
                <Fact title="At most at once">
                  {options.concurrencyLimit} with the key {options.concurrencyKey}
                </Fact>
              )}
              {(resources.memoryMb !== null || resources.cpu !== null) && (
                <Fact title="Resources">
                  {[
                    resources.memoryMb === null ? undefined : `${resources.memoryMb} MB of memory`,
                    resources.cpu === null ? undefined : `${resources.cpu} CPU`,
                  ]
                    .filter((part) => part !== undefined)
                    .join(', ')}
                </Fact>
              )}
              {connections.length > 0 && <Fact title="Connections">{connections.join(', ')}</Fact>}
              {secrets.length > 0 && <Fact title="Secrets">{secrets.join(', ')}</Fact>}
            </>
          )}
        </SimpleGrid>
        {operator?.config != null && (
          <Stack gap={4}>
            <Text size="sm" fw={600}>
              Configuration
            </Text>
            <JsonText value={operator.config} label={`Configuration of ${id}`} />
          </Stack>
        )}
        {params !== undefined && Object.keys(params).length > 0 && (
          <Stack gap={4}>
            <Text size="sm" fw={600}>
              Params
            </Text>
            <JsonText value={params} label={`Params of ${id}`} />
          </Stack>
        )}
        {manifest.source !== null && kind === 'task' && (
          <Text size="xs" c="dimmed">
            Workflow defined in <Code>{manifest.source.module}</Code> as <Code>{manifest.source.export}</Code>
          </Text>
        )}
      </Stack>
    </Paper>
  )
}

function Fact({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text size="sm" component="div">
        {children}
      </Text>
    </div>
  )
}

function secondsText(seconds: number | null): string {
  return seconds === null ? 'no limit' : durationText(seconds * 1000)
}

function retriesText({ retries, retryDelaySeconds, retryBackoff, retryMaxDelaySeconds }: ManifestNode['options']) {
  if (retries === 0) return 'none'
  const times = retries === 1 ? 'once' : `${retries} times`
  const wait = durationText(retryDelaySeconds * 1000)
  if (retryDelaySeconds === 0) return `${times}, at once`
  if (retryBackoff === 1) return `${times}, ${wait} apart`
  return `${times}, first after ${wait}, each wait ${retryBackoff}× longer up to ${durationText(retryMaxDelaySeconds * 1000)}`
}
