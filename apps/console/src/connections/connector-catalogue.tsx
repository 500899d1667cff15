import { Badge, Group, Paper, SegmentedControl, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { EmptyState } from '../ui/index.ts'
import styles from './connections.module.css'
import { abilities, type Connector, kindLooks, matches } from './connector-look.ts'

interface ConnectorCatalogueProps {
  readonly connectors: readonly Connector[]
  readonly search: string
  readonly kind: string
  readonly onChange: (next: { readonly search?: string; readonly kind?: string }) => void
  /** What choosing one does; without it, it is shown only. */
  readonly action?: (connector: Connector, className: string, content: ReactNode) => ReactNode
}

/** All connectors by kind, to be found by name. */
export function ConnectorCatalogue({ connectors, search, kind, onChange, action }: ConnectorCatalogueProps) {
  const kinds = Object.entries(kindLooks) as [Connector['kind'], (typeof kindLooks)[Connector['kind']]][]
  const found = connectors.filter((one) => (kind === 'all' || one.kind === kind) && matches(one, search))
  return (
    <Stack gap="md">
      <Group gap="sm">
        <TextInput
          aria-label="Search connectors"
          placeholder="Search connectors"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={({ currentTarget }) => onChange({ search: currentTarget.value })}
          w={{ base: '100%', sm: 280 }}
        />
        <div className={styles.scroll}>
          <SegmentedControl
            aria-label="Kind of connector"
            value={kind}
            onChange={(next) => onChange({ kind: next })}
            data={[{ value: 'all', label: 'All' }, ...kinds.map(([value, { label }]) => ({ value, label }))]}
          />
        </div>
      </Group>
      {found.length === 0 && (
        <EmptyState title="No connector is called that">
          Try a shorter name. A connector of your own is an npm package that the operator of the server installs.
        </EmptyState>
      )}
      {kinds.map(([name, { label, icon: Icon }]) => {
        const ofKind = found.filter((one) => one.kind === name)
        if (ofKind.length === 0) return null
        return (
          <section key={name} aria-label={label}>
            <Title order={2} size="h5" mb="xs">
              {label}
            </Title>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 4 }} spacing="xs">
              {ofKind.map((connector) => {
                const content = (
                  <>
                    <Group gap="xs" wrap="nowrap">
                      <Icon size={18} aria-hidden />
                      <Text fw={600} size="sm">
                        {connector.title}
                      </Text>
                    </Group>
                    <Text size="xs" c="dimmed" mt={4}>
                      {abilities(connector).join(' · ')}
                    </Text>
                    {connector.missing_drivers.length > 0 && (
                      <Text size="xs" mt={4}>
                        Not installed here: {connector.missing_drivers.join(', ')}
                      </Text>
                    )}
                  </>
                )
                return (
                  <div key={connector.name}>
                    {action === undefined ? (
                      <Paper withBorder p="sm" h="100%">
                        {content}
                      </Paper>
                    ) : (
                      action(connector, styles.card ?? '', content)
                    )}
                  </div>
                )
              })}
            </SimpleGrid>
          </section>
        )
      })}
    </Stack>
  )
}

export function ConnectorBadge({
  name,
  connectors,
}: {
  readonly name: string
  readonly connectors?: readonly Connector[]
}) {
  const title = connectors?.find((one) => one.name === name)?.title ?? name
  return (
    <Badge variant="default" tt="none" fw={500}>
      {title}
    </Badge>
  )
}
