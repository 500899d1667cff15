import { ActionIcon, Badge, Group, Text, Tooltip, UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconGripVertical } from '@tabler/icons-react'
import { Fragment, type KeyboardEvent, memo } from 'react'
import type { PipelineState } from '../states.ts'
import styles from './board.module.css'
import type { Card } from './board.ts'
import { CardButtons } from './card-buttons.tsx'
import { variablesText } from './variables-text.ts'

/** The same ones for all cards, and for as long as the board is there. */
export interface CardActions {
  readonly onHandleKey: (card: Card, event: KeyboardEvent) => void
  readonly onHandleLeft: () => void
  readonly onMove: (card: Card, direction: 'up' | 'down') => void
  readonly onMoveTo: (card: Card, state: PipelineState) => void
  readonly onBeside: (card: Card) => void
  readonly onCopy: (card: Card) => void
  readonly onRemove: (card: Card) => void
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
  /** It is not what is looked for. */
  readonly isFaded: boolean
  /** The other states that it may stand in. */
  readonly states: readonly PipelineState[]
  /** Undefined for whoever may only look. */
  readonly actions: CardActions | undefined
  readonly onOpen: (key: string) => void
}

/** Of hundreds of cards only those are made again that differ. */
function isSame(before: CardViewProps, after: CardViewProps): boolean {
  const { states, ...rest } = before
  const { states: statesAfter, ...restAfter } = after
  const names = Object.keys(rest) as (keyof typeof rest)[]
  return states.join() === statesAfter.join() && names.every((name) => Object.is(rest[name], restAfter[name]))
}

/** A transformation: what it runs, with which variables, and what is wrong with it. */
export const CardView = memo(function CardView({
  card,
  title,
  step,
  isFirst,
  isLast,
  problems,
  isSelected,
  isGrabbed,
  isDragged,
  isFaded,
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
      data-faded={isFaded}
    >
      <Group gap={2} wrap="nowrap" justify="space-between">
        <Group gap={2} wrap="nowrap">
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
              onKeyDown={(event) => actions.onHandleKey(card, event)}
              onBlur={({ relatedTarget }) => relatedTarget !== null && actions.onHandleLeft()}
            >
              <IconGripVertical size={14} aria-hidden />
            </ActionIcon>
          )}
          <Tooltip
            label={card.isBeside ? `Step ${step}, side by side with the one above` : `Step ${step} of ${card.state}`}
          >
            <Badge size="sm" variant="default" miw="max-content" px={6} aria-label={`Step ${step}`} role="img">
              {step}
            </Badge>
          </Tooltip>
        </Group>
        {actions !== undefined && <CardButtons {...{ card, name, isFirst, isLast, states, actions }} />}
      </Group>
      <UnstyledButton className={styles.title ?? ''} aria-label={name} data-opens onClick={() => onOpen(card.key)}>
        {title.split(/(?<=[_.-])/).map((part, at) => (
          <Fragment key={at}>
            {part}
            <wbr />
          </Fragment>
        ))}
      </UnstyledButton>
      <div style={{ paddingInline: 4 }}>
        {card.isBeside && (
          <Text size="xs" c="dimmed" title="Side by side with the one above">
            side by side
          </Text>
        )}
        {variablesText(card.variables).map((text) => (
          <div key={text} className={styles.variable} title={text}>
            {text}
          </div>
        ))}
        {problems > 0 && (
          <Group gap={4} wrap="nowrap" c="var(--mantine-color-error)">
            <IconAlertTriangle size={14} aria-hidden />
            <Text size="xs" fw={600}>
              {problems === 1 ? '1 problem' : `${problems} problems`}
            </Text>
          </Group>
        )}
      </div>
    </div>
  )
}, isSame)
