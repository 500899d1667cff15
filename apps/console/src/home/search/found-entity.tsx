import { Anchor, Badge, Group, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../../api/index.ts'
import { entityFound } from '../../app/palette/index.ts'
import { Moment } from '../../ui/index.ts'
import styles from './found.module.css'

const kinds = { Project: 'project', Group: 'group', User: 'person', DataConnector: 'data connector' }

export function FoundEntity({ item }: { readonly item: Schema<'SearchItem'> }) {
  const { label, icon: Icon, go } = entityFound(item)
  return (
    <li className={styles.found}>
      <Icon size={20} aria-hidden />
      <Stack gap={2} miw={0}>
        <Group gap="xs">
          <Anchor component={Link} {...(go as object)} fw={600}>
            {label}
          </Anchor>
          <Badge variant="default">{kinds[item.type]}</Badge>
          {'visibility' in item && <Badge variant="default">{item.visibility}</Badge>}
        </Group>
        {'description' in item && item.description !== undefined && (
          <Text size="sm" lineClamp={2}>
            {item.description}
          </Text>
        )}
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {item.path}
          {'creationDate' in item && (
            <>
              , made <Moment at={item.creationDate} />
            </>
          )}
        </Text>
      </Stack>
    </li>
  )
}
