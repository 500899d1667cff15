import { ActionIcon, Group, Menu } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconCopy, IconDots, IconLayoutColumns, IconTrash } from '@tabler/icons-react'
import type { PipelineState } from '../states.ts'
import type { Card } from './board.ts'
import type { CardActions } from './card-view.tsx'

interface CardButtonsProps {
  readonly card: Card
  /** For those who do not see where the buttons stand. */
  readonly name: string
  readonly isFirst: boolean
  readonly isLast: boolean
  /** The other states that it may stand in. */
  readonly states: readonly PipelineState[]
  readonly actions: CardActions
}

/** What can be done with a transformation without opening it. */
export function CardButtons({ card, name, isFirst, isLast, states, actions }: CardButtonsProps) {
  return (
    <Group gap={0} wrap="nowrap">
      <ActionIcon
        variant="transparent"
        color="gray"
        size="sm"
        disabled={isFirst}
        aria-label={`Move ${name} up`}
        onClick={() => actions.onMove(card, 'up')}
      >
        <IconArrowUp size={14} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="transparent"
        color="gray"
        size="sm"
        disabled={isLast}
        aria-label={`Move ${name} down`}
        onClick={() => actions.onMove(card, 'down')}
      >
        <IconArrowDown size={14} aria-hidden />
      </ActionIcon>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="transparent" color="gray" size="sm" aria-label={`More for ${name}`}>
            <IconDots size={14} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {!isFirst && (
            <Menu.Item leftSection={<IconLayoutColumns size={14} aria-hidden />} onClick={() => actions.onBeside(card)}>
              {card.isBeside ? 'Run after the one above' : 'Run side by side with the one above'}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={14} aria-hidden />} onClick={() => actions.onCopy(card)}>
            Duplicate
          </Menu.Item>
          {states.length > 0 && <Menu.Label>Move to</Menu.Label>}
          {states.map((state) => (
            <Menu.Item key={state} onClick={() => actions.onMoveTo(card, state)}>
              {state}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => actions.onRemove(card)}
          >
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  )
}
