import { ActionIcon, Badge, Group, Menu, Text, Tooltip, UnstyledButton } from '@mantine/core'
import {
  IconAlertTriangle,
  IconArrowDown,
  IconArrowUp,
  IconCopy,
  IconDots,
  IconGripVertical,
  IconLayoutColumns,
  IconTrash,
} from '@tabler/icons-react'
import type { KeyboardEvent } from 'react'
import type { PipelineState } from '../states.ts'
import styles from './board.module.css'
import type { Card } from './board.ts'
import { variablesText } from './variables-text.ts'

export interface CardActions {
  readonly onHandleKey: (event: KeyboardEvent) => void
  readonly onHandleLeft: () => void
  readonly onMove: (direction: 'up' | 'down') => void
  readonly onMoveTo: (state: PipelineState) => void
  readonly onBeside: () => void
  readonly onCopy: () => void
  readonly onRemove: () => void
}

interface CardViewProps {
  readonly card: Card
  readonly title: string
  /** Which step of its state it is part of, from 1. */
  readonly step: number
  readonly isFirst: boolean
  readonly isLast: boolean
  readonly problems: number
  readonly isSelected: boolean
  readonly isGrabbed: boolean
  readonly isDragged: boolean
  /** The other states that it may stand in. */
  readonly states: readonly PipelineState[]
  /** Undefined for whoever may only look. */
  readonly actions: CardActions | undefined
  readonly onOpen: () => void
}

/** A transformation: what it runs, with which variables, and what is wrong with it. */
export function CardView({
  card,
  title,
  step,
  isFirst,
  isLast,
  problems,
  isSelected,
  isGrabbed,
  isDragged,
  states,
  actions,
  onOpen,
}: CardViewProps) {
  const name = `${title} of ${card.state}`
  return (
    <div
      className={styles.card}
      data-problem={problems > 0}
      data-selected={isSelected}
      data-grabbed={isGrabbed}
      data-dragged={isDragged}
    >
      <Group gap={2} wrap="nowrap" align="flex-start">
        {actions !== undefined && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            className={styles.handle ?? ''}
            aria-label={`Move ${name}`}
            aria-description="Space picks it up, arrow keys move it, space drops it, escape takes it back."
            aria-pressed={isGrabbed}
            data-handle={card.key}
            onKeyDown={actions.onHandleKey}
            onBlur={({ relatedTarget }) => relatedTarget !== null && actions.onHandleLeft()}
          >
            <IconGripVertical size={14} aria-hidden />
          </ActionIcon>
        )}
        <UnstyledButton className={styles.title ?? ''} aria-label={name} onClick={onOpen}>
          {title}
        </UnstyledButton>
        <Tooltip
          label={card.isBeside ? `Step ${step}, side by side with the one above` : `Step ${step} of ${card.state}`}
        >
          <Badge size="sm" variant="default" circle aria-label={`Step ${step}`} role="img">
            {step}
          </Badge>
        </Tooltip>
      </Group>
      <div style={{ paddingInline: 4 }}>
        {variablesText(card.variables).map((text) => (
          <div key={text} className={styles.variable} title={text}>
            {text}
          </div>
        ))}
        {card.isBeside && (
          <Text size="xs" c="dimmed">
            side by side with the one above
          </Text>
        )}
        {problems > 0 && (
          <Group gap={4} wrap="nowrap" c="var(--mantine-color-error)">
            <IconAlertTriangle size={14} aria-hidden />
            <Text size="xs" fw={600}>
              {problems === 1 ? '1 problem' : `${problems} problems`}
            </Text>
          </Group>
        )}
      </div>
      {actions !== undefined && (
        <Group gap={0} justify="flex-end" wrap="nowrap">
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            disabled={isFirst}
            aria-label={`Move ${name} up`}
            onClick={() => actions.onMove('up')}
          >
            <IconArrowUp size={14} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            disabled={isLast}
            aria-label={`Move ${name} down`}
            onClick={() => actions.onMove('down')}
          >
            <IconArrowDown size={14} aria-hidden />
          </ActionIcon>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`More for ${name}`}>
                <IconDots size={14} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {!isFirst && (
                <Menu.Item leftSection={<IconLayoutColumns size={14} aria-hidden />} onClick={actions.onBeside}>
                  {card.isBeside ? 'Run after the one above' : 'Run side by side with the one above'}
                </Menu.Item>
              )}
              <Menu.Item leftSection={<IconCopy size={14} aria-hidden />} onClick={actions.onCopy}>
                Duplicate
              </Menu.Item>
              {states.length > 0 && <Menu.Label>Move to</Menu.Label>}
              {states.map((state) => (
                <Menu.Item key={state} onClick={() => actions.onMoveTo(state)}>
                  {state}
                </Menu.Item>
              ))}
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<IconTrash size={14} aria-hidden />} onClick={actions.onRemove}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      )}
    </div>
  )
}
