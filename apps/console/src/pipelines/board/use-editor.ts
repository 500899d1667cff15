import { useCallback, useMemo, useState } from 'react'
import { type Board, boardOf } from './board.ts'
import { type Edited, editedOf, isSame, type Pipeline, rebased, type Settings } from './edited.ts'
import { done, historyOf, redone, undone } from './history.ts'

export interface Editor {
  /** What the server has, as far as the editor took notice of it. */
  readonly base: Pipeline
  readonly edited: Edited
  readonly isChanged: boolean
  readonly canUndo: boolean
  readonly canRedo: boolean
  readonly undo: () => void
  readonly redo: () => void
  /** Takes back everything since the last saving; can be undone. */
  readonly discard: () => void
  /** @param topic Changes of the same topic are one step for undo. */
  readonly changeBoard: (change: (board: Board) => Board, topic?: string) => void
  readonly changeSettings: (change: Partial<Settings>, topic?: string) => void
  /** After saving, or where nothing was changed here: what the server has is what is edited. */
  readonly adopt: (pipeline: Pipeline) => void
  /** What somebody else saved is what is changed from now on; changes stay. */
  readonly rebase: (pipeline: Pipeline) => void
  /** Only what is not edited here changed, such as whether it is active. */
  readonly note: (pipeline: Pipeline) => void
}

/** A pipeline as it is edited, with what was done to it. */
export function useEditor(pipeline: Pipeline): Editor {
  const [base, setBase] = useState(pipeline)
  const [history, setHistory] = useState(() => historyOf(editedOf(pipeline)))
  const saved = useMemo(() => editedOf(base), [base])
  const edited = history.present
  const change = useCallback((next: (edited: Edited) => Edited, topic?: string) => {
    setHistory((before) => done(before, next(before.present), topic))
  }, [])
  const changeBoard = useCallback(
    (next: (board: Board) => Board, topic?: string) =>
      change((before) => {
        const board = next(before.board)
        return board === before.board ? before : { ...before, board }
      }, topic),
    [change],
  )
  return {
    base,
    edited,
    isChanged: useMemo(() => !isSame(edited, saved), [edited, saved]),
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    undo: () => setHistory(undone),
    redo: () => setHistory(redone),
    discard: () => change(() => saved),
    changeBoard,
    changeSettings: (settings, topic) =>
      change((before) => ({ ...before, settings: { ...before.settings, ...settings } }), topic),
    adopt(next) {
      setBase(next)
      setHistory(historyOf(editedOf(next)))
    },
    rebase(next) {
      setHistory((before) =>
        done(before, rebased(saved, before.present, { ...editedOf(next), board: boardOf(next.transformations) })),
      )
      setBase(next)
    },
    note(next) {
      // With what somebody else saved in between, it is for the person to decide.
      if (isSame(editedOf(next), saved)) setBase(next)
    },
  }
}
