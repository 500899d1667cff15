import type { Schema } from '../../api/index.ts'
import type { Board } from './board.ts'

export interface PlacedProblem {
  readonly message: string
  /** Of the card that it is about. */
  readonly card?: string
  /** The variable that it names. */
  readonly variable?: string
  /** The setting of the pipeline that it is about. */
  readonly setting?: string
}

/** Problems with what they are about: the server counts transformations in the order of the board, or gives their ids. */
export function placeProblems(problems: readonly Schema<'PipelineProblem'>[], board: Board): readonly PlacedProblem[] {
  return problems.map(({ place, message }) => {
    const [, which, rest = ''] = /^transformations\.([^.]+)\.?(.*)$/.exec(place) ?? []
    if (which === undefined) return { message, setting: place.split('.')[0] ?? place }
    const card = /^\d+$/.test(which) ? board[Number(which)]?.key : board.find(({ id }) => id === which)?.key
    const [, variable] = /^variables\.(.+)$/.exec(rest) ?? []
    return {
      message,
      ...(card === undefined ? {} : { card }),
      ...(variable === undefined ? {} : { variable }),
    }
  })
}
