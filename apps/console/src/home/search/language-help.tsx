import { ActionIcon, Code, Popover, Table, Text } from '@mantine/core'
import { IconHelp } from '@tabler/icons-react'

const examples = [
  ['orders stock', 'both words, each may be the beginning of a word'],
  ['"forest fire"', 'these words, one after the other'],
  ['type:Project,Group', 'User, Group, Project or DataConnector'],
  ['keyword:climate', 'one of its keywords'],
  ['namespace:acme', 'what is in the group or the namespace of the person'],
  ['visibility:public', 'public or private'],
  ['role:owner', 'where your role is owner, editor or viewer'],
  ['direct_member:@ada', 'what this person has a role on'],
  ['createdby:@ada', 'made by this person'],
  ['created>today-30d', 'made within 30 days; also 2026, 2026-03, created<2026'],
  ['sort:name', 'the order: name, created or score; -desc turns it round'],
] as const

export function LanguageHelp() {
  return (
    <Popover width="min(560px, 94vw)" position="bottom-end" withinPortal shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="default" size={36} aria-label="What can be looked for">
          <IconHelp size={18} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="What can be looked for">
        <Table tabIndex={0} aria-label="The language of the search">
          <Table.Tbody>
            {examples.map(([text, finds]) => (
              <Table.Tr key={text}>
                <Table.Td>
                  <Code>{text}</Code>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">{finds}</Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Popover.Dropdown>
    </Popover>
  )
}
