import { useDraggable, useDroppable } from '@dnd-kit/core'
import { Accordion, Badge, Button, Group, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { Fragment, type ReactNode } from 'react'
import type { PipelineState } from '../states.ts'
import styles from './board.module.css'
import { type Card, stepsOf } from './board.ts'

interface ColumnProps {
  readonly state: PipelineState
  readonly cards: readonly Card[]
  /** Where what is dragged would be dropped; counted without it. */
  readonly dropAt: number | undefined
  /** What is dragged may not be dropped here. */
  readonly isRefused: boolean
  readonly draggedKey: string | undefined
  readonly isNarrow: boolean
  readonly onAdd: (() => void) | undefined
  readonly children: (card: Card, place: { step: number; isFirst: boolean; isLast: boolean }) => ReactNode
}

/** A state with its transformations; a part of an accordion on narrow screens. */
export function Column({ isNarrow, ...props }: ColumnProps) {
  const { state, cards, dropAt, isRefused } = props
  const { setNodeRef } = useDroppable({ id: state, disabled: isRefused })
  const count = cards.length > 0 && (
    <Badge
      size="sm"
      variant="default"
      miw="max-content"
      px={6}
      aria-label={`${cards.length} transformations`}
      role="img"
    >
      {cards.length}
    </Badge>
  )
  if (isNarrow) {
    return (
      <Accordion.Item value={state} ref={setNodeRef}>
        <Accordion.Control>
          <Group gap="xs">
            {state}
            {count}
          </Group>
        </Accordion.Control>
        <Accordion.Panel>
          <Cards {...props} />
        </Accordion.Panel>
      </Accordion.Item>
    )
  }
  return (
    <section
      ref={setNodeRef}
      className={styles.column}
      aria-label={`State ${state}`}
      data-empty={cards.length === 0}
      data-over={dropAt !== undefined}
      data-refused={isRefused}
    >
      <div className={styles.columnHead}>
        <Text component="h3" fz={13} fw={700} m={0}>
          {state}
        </Text>
        {count}
      </div>
      <Cards {...props} />
    </section>
  )
}

function Cards({ state, cards, dropAt, draggedKey, onAdd, children }: Omit<ColumnProps, 'isNarrow'>) {
  const steps = stepsOf(cards)
  const others = cards.filter(({ key }) => key !== draggedKey)
  return (
    <>
      {cards.length > 0 || dropAt !== undefined ? (
        <ul className={styles.cards} data-column={state} aria-label={`Transformations of ${state}`}>
          {cards.map((card, at) => (
            <Fragment key={card.key}>
              {dropAt !== undefined && others[dropAt] === card && <DropMark />}
              <Item card={card} isDraggable={onAdd !== undefined}>
                {children(card, {
                  step: steps.findIndex((step) => step.includes(card)) + 1,
                  isFirst: at === 0,
                  isLast: at === cards.length - 1,
                })}
              </Item>
            </Fragment>
          ))}
          {dropAt !== undefined && dropAt >= others.length && <DropMark />}
        </ul>
      ) : (
        <div style={{ flex: 1 }} />
      )}
      {onAdd !== undefined && (
        <Button
          variant="subtle"
          size="compact-sm"
          m={4}
          leftSection={<IconPlus size={14} aria-hidden />}
          aria-label={`Add a transformation to ${state}`}
          data-add={state}
          onClick={onAdd}
        >
          Add
        </Button>
      )}
    </>
  )
}

function DropMark() {
  return <li className={styles.drop} aria-hidden />
}

/** Dragged by mouse and touch; the keyboard has the handle. */
function Item({
  card,
  isDraggable,
  children,
}: {
  readonly card: Card
  readonly isDraggable: boolean
  readonly children: ReactNode
}) {
  const { setNodeRef, listeners } = useDraggable({ id: card.key, disabled: !isDraggable })
  return (
    <li
      ref={setNodeRef}
      className={styles.item}
      data-beside={card.isBeside}
      data-card={card.key}
      {...(isDraggable ? listeners : {})}
    >
      {children}
    </li>
  )
}
