import { useMemo, useRef } from 'react'
import {
  type Board,
  type Card,
  cardOf,
  column,
  movedBy,
  placed,
  removed,
  type StateOf,
  toggledBeside,
} from './board.ts'
import type { CardActions } from './card-view.tsx'
import { newKey } from './new-key.ts'

interface Surroundings {
  readonly titleOf: (card: Card) => string
  readonly only: StateOf
  readonly onChange: (change: (board: Board) => Board, topic?: string) => void
  readonly onHandleKey: CardActions['onHandleKey']
  readonly letGo: () => void
  readonly say: (text: string) => void
}

/** What the buttons of cards do, by functions that stay the same: cards need not be made again for new ones. */
export function useCardActions(surroundings: Surroundings): CardActions {
  const now = useRef(surroundings)
  now.current = surroundings
  return useMemo(
    () => ({
      onHandleKey: (card, event) => now.current.onHandleKey(card, event),
      onHandleLeft: () => now.current.letGo(),
      onMove: ({ key }, direction) => {
        const { only, onChange } = now.current
        onChange((before) => movedBy(before, key, direction, only))
      },
      onMoveTo: (card, state) => now.current.onChange((before) => toEnd(before, card, state)),
      onBeside: ({ key }) => now.current.onChange((before) => toggledBeside(before, key)),
      onCopy: ({ key, state }) =>
        now.current.onChange((before) => {
          const card = cardOf(before, key)
          if (card === undefined) return before
          const { id: _id, ...rest } = card
          const at = column(before, state).findIndex((one) => one.key === key)
          return placed(before, { ...rest, key: newKey() }, state, at + 1)
        }),
      onRemove: (card) => {
        const { onChange, say, titleOf } = now.current
        onChange((before) => removed(before, card.key))
        say(`Removed ${titleOf(card)} from ${card.state}.`)
      },
    }),
    [],
  )
}

function toEnd(board: Board, { key }: Card, state: Card['state']): Board {
  const card = cardOf(board, key)
  return card === undefined ? board : placed(board, card, state, Number.MAX_SAFE_INTEGER)
}
