import type { Schema } from '../../api/index.ts'
import { type Board, boardOf, type Card, cardOf, graphOrders, placed, removed } from './board.ts'

export type Pipeline = Schema<'Pipeline'>

export type Settings = Pick<Pipeline, 'name' | 'description' | 'brand_id' | 'pipeline_type_id' | 'run_frequency'>

/** All that is edited and saved together. */
export interface Edited {
  readonly settings: Settings
  readonly board: Board
}

export function editedOf(pipeline: Pipeline): Edited {
  const { name, description, brand_id, pipeline_type_id, run_frequency, transformations } = pipeline
  return { settings: { name, description, brand_id, pipeline_type_id, run_frequency }, board: boardOf(transformations) }
}

/** As the server takes it; transformations stand in the order of the board. */
export function draftOf({ settings, board }: Edited, isActive: boolean): Schema<'PipelineDraft'> {
  const orders = graphOrders(board)
  return {
    ...settings,
    is_active: isActive,
    transformations: board.map(({ key, id, state, templateId, variables }) => ({
      ...(id === undefined ? {} : { id }),
      ...{ state, template_id: templateId, graph_order: orders.get(key) ?? 0, variables },
    })),
  }
}

export function isSame(one: Edited, other: Edited): boolean {
  return one === other || textOf(one) === textOf(other)
}

function textOf(edited: Edited): string {
  const { transformations, ...settings } = draftOf(edited, true)
  return JSON.stringify([
    settings,
    transformations.map((given) => [given, Object.entries(given.variables ?? {}).sort()]),
  ])
}

/**
 * What I changed, on top of what somebody else saved meanwhile: of each setting and each card mine where I changed it,
 * theirs where I did not. What they removed and I changed is added again.
 */
export function rebased(base: Edited, mine: Edited, theirs: Edited): Edited {
  const settings = Object.fromEntries(
    Object.entries(mine.settings).map(([field, value]) => {
      const name = field as keyof Settings
      return [name, value === base.settings[name] ? theirs.settings[name] : value]
    }),
  ) as unknown as Settings
  let board = mine.board
  for (const card of mine.board) {
    if (card.id === undefined) continue
    const before = cardOf(base.board, card.key)
    const now = cardOf(theirs.board, card.key)
    const isMine = before === undefined || changedCard(before, card)
    if (now === undefined) {
      board = isMine ? board.map((one) => (one === card ? asNew(card) : one)) : removed(board, card.key)
    } else if (!isMine && changedCard(before, now)) {
      board =
        now.state === card.state
          ? board.map((one) => (one.key === card.key ? { ...one, ...pick(now) } : one))
          : placed(board, now, now.state, Number.MAX_SAFE_INTEGER)
    }
  }
  for (const card of theirs.board) {
    const isTheirs = cardOf(base.board, card.key) === undefined && cardOf(board, card.key) === undefined
    if (isTheirs) board = placed(board, card, card.state, Number.MAX_SAFE_INTEGER)
  }
  return { settings, board }
}

function changedCard(before: Card, after: Card): boolean {
  return JSON.stringify(contentOf(before)) !== JSON.stringify(contentOf(after))
}

function contentOf({ state, templateId, variables }: Card) {
  return [state, templateId, Object.entries(variables).sort()]
}

function pick({ templateId, variables, order }: Card) {
  return { templateId, variables, order }
}

/** It stays on the board with the same key, so that what is open stays open. */
function asNew({ id: _id, order: _order, ...card }: Card): Card {
  return { ...card, order: undefined }
}
