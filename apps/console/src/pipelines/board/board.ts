import type { Schema } from '../../api/index.ts'
import { type PipelineState, pipelineStates } from '../states.ts'

export type Values = Schema<'Transformation'>['variables']

/** A transformation while it is edited. */
export interface Card {
  /** The same for as long as the board is open: the id, or a stand-in for one that is not saved. */
  readonly key: string
  /** Of one that is saved. */
  readonly id?: string
  readonly state: PipelineState
  readonly templateId: string
  readonly variables: Values
  /** Its `graph_order` as it was read; kept where that is possible. */
  readonly order: number | undefined
  /** Whether it runs side by side with the card before it in its state. */
  readonly isBeside: boolean
}

/** Cards by state, in each as they run. */
export type Board = readonly Card[]

export type Direction = 'up' | 'down' | 'left' | 'right'

/** The only state that a template is for; null: any. */
export type StateOf = (templateId: string) => PipelineState | null

export function boardOf(transformations: readonly Schema<'Transformation'>[]): Board {
  const sorted = transformations.toSorted(
    (a, b) =>
      pipelineStates.indexOf(a.state) - pipelineStates.indexOf(b.state) ||
      a.graph_order - b.graph_order ||
      (a.id < b.id ? -1 : 1),
  )
  return sorted.map(({ id, state, template_id: templateId, variables, graph_order: order }, at) => {
    const before = sorted[at - 1]
    const isBeside = before?.state === state && before.graph_order === order
    return { key: id, id, state, templateId, variables, order, isBeside }
  })
}

export function column(board: Board, state: PipelineState): readonly Card[] {
  return board.filter((card) => card.state === state)
}

export function cardOf(board: Board, key: string | undefined): Card | undefined {
  return board.find((card) => card.key === key)
}

/** The `graph_order` of each card: as it was read where that still says the same. */
export function graphOrders(board: Board): ReadonlyMap<string, number> {
  const orders = new Map<string, number>()
  for (const state of pipelineStates) {
    let last: number | undefined
    for (const step of stepsOf(column(board, state))) {
      const [{ order: known } = { order: undefined }] = step
      const isKept = known !== undefined && (last === undefined || known > last)
      const order: number = isKept ? known : last === undefined ? 0 : last + 1
      for (const { key } of step) orders.set(key, order)
      last = order
    }
  }
  return orders
}

/** Cards that run side by side, one group after the other. */
export function stepsOf(cards: readonly Card[]): readonly (readonly Card[])[] {
  const steps: Card[][] = []
  for (const card of cards) {
    const last = steps.at(-1)
    if (card.isBeside && last !== undefined) last.push(card)
    else steps.push([card])
  }
  return steps
}

/** Puts a card at a place of a state, counted without the card itself. Within a group it becomes part of that. */
export function placed(board: Board, card: Card, state: PipelineState, index: number): Board {
  const rest = removed(board, card.key)
  const there = column(rest, state)
  const at = Math.max(0, Math.min(index, there.length))
  const isBeside = at > 0 && there[at]?.isBeside === true
  const next = [
    ...there.slice(0, at),
    { ...card, state, isBeside, order: card.id === undefined ? undefined : card.order },
  ]
  return withColumn(rest, state, [...next, ...there.slice(at)])
}

export function removed(board: Board, key: string): Board {
  const card = cardOf(board, key)
  if (card === undefined) return board
  const cards = column(board, card.state)
  const at = cards.indexOf(card)
  const next = cards[at + 1]
  const isHeadOfNext = !card.isBeside && next?.isBeside === true
  return board
    .filter((one) => one !== card)
    .map((one) => (isHeadOfNext && one === next ? { ...one, isBeside: false } : one))
}

/** A step by the keyboard or a button; the same board where there is nowhere to go. */
export function movedBy(board: Board, key: string, direction: Direction, only: StateOf): Board {
  const card = cardOf(board, key)
  if (card === undefined) return board
  const cards = column(board, card.state)
  const at = cards.indexOf(card)
  if (direction === 'up') return at === 0 ? board : placed(board, card, card.state, at - 1)
  if (direction === 'down') return at === cards.length - 1 ? board : placed(board, card, card.state, at + 1)
  const states = statesFor(card.templateId, only)
  const next = states[states.indexOf(card.state) + (direction === 'right' ? 1 : -1)]
  return next === undefined || !states.includes(card.state) ? board : placed(board, card, next, at)
}

export function statesFor(templateId: string, only: StateOf): readonly PipelineState[] {
  const state = only(templateId)
  return state === null ? pipelineStates : [state]
}

/** Joins the group before it, or begins one of its own. */
export function toggledBeside(board: Board, key: string): Board {
  const card = cardOf(board, key)
  if (card === undefined || column(board, card.state)[0] === card) return board
  const isBeside = !card.isBeside
  // What it said as a group of its own does not hold any more, nor does what it said as part of another.
  return board.map((one) => (one === card ? { ...card, isBeside, order: undefined } : one))
}

export function withVariables(board: Board, key: string, variables: Values): Board {
  return board.map((one) => (one.key === key ? { ...one, variables } : one))
}

function withColumn(board: Board, state: PipelineState, cards: readonly Card[]): Board {
  return pipelineStates.flatMap((one) => (one === state ? cards : column(board, one)))
}
