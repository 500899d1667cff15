import {
  type CollisionDetection,
  DndContext,
  DragOverlay,
  MouseSensor,
  pointerWithin,
  TouchSensor,
  useSensor,
  useSensors,
} from '@dnd-kit/core'
import { Accordion, VisuallyHidden } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import { type PipelineState, pipelineStates } from '../states.ts'
import styles from './board.module.css'
import { type Board, type Card, cardOf, column, placed, type StateOf, statesFor } from './board.ts'
import { CardView } from './card-view.tsx'
import { Column } from './column.tsx'
import { FindCard, isFound } from './find-card.tsx'
import type { PlacedProblem } from './problems.ts'
import { useCardActions } from './use-card-actions.ts'
import { useGrab } from './use-grab.ts'

interface BoardViewProps {
  readonly board: Board
  readonly titleOf: (card: Card) => string
  readonly only: StateOf
  readonly problems: readonly PlacedProblem[]
  readonly selected: string | undefined
  readonly onOpen: (key: string) => void
  /** Undefined for whoever may only look. */
  readonly onChange: ((change: (board: Board) => Board, topic?: string) => void) | undefined
  readonly onAdd: (state: PipelineState) => void
}

interface Target {
  readonly state: PipelineState
  readonly index: number
}

const nothing = () => {}

/** More than this are hard to take in at once. */
const fewCards = 14

/** States as columns, transformations as cards that are moved by mouse, touch, keyboard or buttons. */
export function BoardView({ board, titleOf, only, problems, selected, onOpen, onChange, onAdd }: BoardViewProps) {
  const isNarrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const [dragged, setDragged] = useState<Card>()
  const [target, setTarget] = useState<Target>()
  const pointerY = useRef(0)
  const { grabbedKey, said, say, onHandleKey, letGo } = useGrab({ board, titleOf, only, onChange: onChange ?? nothing })
  const actions = useCardActions({ titleOf, only, onChange: onChange ?? nothing, onHandleKey, letGo, say })
  const [find, setFind] = useState('')
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
  )
  const under: CollisionDetection = (args) => {
    pointerY.current = args.pointerCoordinates?.y ?? pointerY.current
    return pointerWithin(args)
  }
  const follow = (over: string | undefined, key: string) => {
    if (over === undefined) return setTarget(undefined)
    const index = indexUnder(over, key, pointerY.current)
    const state = over as PipelineState
    setTarget((before) => (before?.state === state && before.index === index ? before : { state, index }))
  }
  const drop = () => {
    if (dragged !== undefined && target !== undefined) {
      const { state, index } = target
      onChange?.((before) => {
        const card = cardOf(before, dragged.key)
        return card === undefined ? before : placed(before, card, state, index)
      })
      say(`Dropped ${titleOf(dragged)} in ${state}, place ${index + 1}.`)
    }
    setDragged(undefined)
    setTarget(undefined)
  }
  // Parts of the accordion: what gets its first card opens; of a board with many cards people open what they want to see.
  const filled = pipelineStates.filter((state) => column(board, state).length > 0).join(' ')
  const [opened, setOpened] = useState<readonly string[]>([])
  const known = useRef(board.length > fewCards ? filled : '')
  useEffect(() => {
    const before = known.current.split(' ')
    known.current = filled
    const fresh = filled.split(' ').filter((state) => !before.includes(state))
    if (fresh.length > 0) setOpened((open) => [...new Set([...open, ...fresh])])
  }, [filled])
  const columns = pipelineStates.map((state) => (
    <Column
      key={state}
      state={state}
      cards={column(board, state)}
      isNarrow={isNarrow}
      dropAt={target?.state === state ? target.index : undefined}
      isRefused={dragged !== undefined && !statesFor(dragged.templateId, only).includes(state)}
      draggedKey={dragged?.key}
      onAdd={onChange === undefined ? undefined : () => onAdd(state)}
    >
      {(card, place) => (
        <CardView
          {...{ card, ...place }}
          title={titleOf(card)}
          problems={problems.filter((problem) => problem.card === card.key).length}
          isSelected={selected === card.key}
          isGrabbed={grabbedKey === card.key}
          isDragged={dragged?.key === card.key}
          isFaded={find !== '' && !isFound(card, titleOf(card), find)}
          states={statesFor(card.templateId, only).filter((one) => one !== card.state)}
          onOpen={onOpen}
          actions={onChange === undefined ? undefined : actions}
        />
      )}
    </Column>
  ))
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={under}
      // What the keyboard does is announced by the handle; nobody hears what a mouse does while it moves.
      accessibility={{ announcements: silent, screenReaderInstructions: { draggable: '' } }}
      onDragStart={({ active }) => setDragged(cardOf(board, `${active.id}`))}
      onDragMove={({ active, over }) => follow(over === null ? undefined : `${over.id}`, `${active.id}`)}
      onDragEnd={drop}
      onDragCancel={() => {
        setDragged(undefined)
        setTarget(undefined)
      }}
    >
      {board.length > fewCards && (
        <FindCard
          value={find}
          count={find === '' ? undefined : board.filter((card) => isFound(card, titleOf(card), find)).length}
          onChange={(text) => {
            setFind(text)
            const found = board.filter((card) => text !== '' && isFound(card, titleOf(card), text))
            if (found.length > 0) setOpened((open) => [...new Set([...open, ...found.map(({ state }) => state)])])
          }}
        />
      )}
      {isNarrow ? (
        <Accordion
          multiple
          variant="separated"
          value={[...opened]}
          onChange={setOpened}
          classNames={{ content: styles.stacked ?? '' }}
        >
          {columns}
        </Accordion>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <section className={styles.board} aria-label="Board of the pipeline" tabIndex={0}>
          {columns}
        </section>
      )}
      <DragOverlay dropAnimation={null}>
        {dragged !== undefined && (
          <div className={`${styles.card} ${styles.overlay}`}>
            <span className={styles.title}>{titleOf(dragged)}</span>
          </div>
        )}
      </DragOverlay>
      <VisuallyHidden role="status" aria-live="assertive">
        {said}
      </VisuallyHidden>
    </DndContext>
  )
}

const silence = () => undefined
const silent = {
  onDragStart: silence,
  onDragOver: silence,
  onDragEnd: silence,
  onDragCancel: silence,
}

/** Above which card of a column the pointer is, not counting the one that is dragged. */
function indexUnder(state: string, key: string, y: number): number {
  const cards = [...document.querySelectorAll<HTMLElement>(`[data-column="${state}"] [data-card]`)]
  const others = cards.filter(({ dataset }) => dataset.card !== key)
  return others.filter((card) => {
    const { top, height } = card.getBoundingClientRect()
    return top + height / 2 < y
  }).length
}
