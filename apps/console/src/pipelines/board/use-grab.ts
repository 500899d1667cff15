import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { type Board, type Card, cardOf, column, type Direction, movedBy, type StateOf } from './board.ts'

const directions: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
}

interface Grab {
  readonly key: string
  readonly before: Board
  /** All steps of one grab are undone at once. */
  readonly topic: string
}

/** Moves a card by the keyboard: space picks it up, arrows move it, space drops it, escape takes it back. Says what happens. */
export function useGrab({
  board,
  titleOf,
  only,
  onChange,
}: {
  readonly board: Board
  readonly titleOf: (card: Card) => string
  readonly only: StateOf
  readonly onChange: (change: (board: Board) => Board, topic?: string) => void
}) {
  const [grab, setGrab] = useState<Grab>()
  const [said, say] = useState('')
  const grabs = useRef(0)
  const moved = useRef<string>(undefined)
  // The card may stand in another column now, as another element.
  useEffect(() => {
    if (moved.current === undefined || board.length === 0) return
    document.querySelector<HTMLElement>(`[data-handle="${CSS.escape(moved.current)}"]`)?.focus()
    moved.current = undefined
  }, [board])

  const placeOf = (of: Board, key: string) => {
    const card = cardOf(of, key)
    if (card === undefined) return ''
    const cards = column(of, card.state)
    const beside = card.isBeside ? ', side by side with the one above' : ''
    return `${card.state}, place ${cards.indexOf(card) + 1} of ${cards.length}${beside}`
  }
  const onHandleKey = (card: Card, event: KeyboardEvent) => {
    const title = titleOf(card)
    const isGrabbed = grab?.key === card.key
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      if (isGrabbed) {
        setGrab(undefined)
        say(`Dropped ${title} in ${placeOf(board, card.key)}.`)
      } else {
        grabs.current += 1
        setGrab({ key: card.key, before: board, topic: `grab ${grabs.current}` })
        say(`Picked up ${title} in ${placeOf(board, card.key)}. Arrow keys move it.`)
      }
      return
    }
    if (!isGrabbed) return
    const direction = directions[event.key]
    if (direction !== undefined) {
      event.preventDefault()
      const next = movedBy(board, card.key, direction, only)
      if (next === board) {
        const state = only(card.templateId)
        const isAcross = direction === 'left' || direction === 'right'
        say(isAcross && state !== null ? `${title} is only for ${state}.` : 'It cannot go further.')
        return
      }
      moved.current = card.key
      onChange(() => next, grab.topic)
      say(`${title} is in ${placeOf(next, card.key)}.`)
    } else if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      moved.current = card.key
      onChange(() => grab.before, grab.topic)
      setGrab(undefined)
      say(`Taken back: ${title} is in ${placeOf(grab.before, card.key)} again.`)
    }
  }
  return { grabbedKey: grab?.key, said, say, onHandleKey, letGo: () => setGrab(undefined) }
}
