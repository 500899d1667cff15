import { useMemo, useState } from 'react'
import { changesOf, type Edited, editedOf, rebased } from './edited.ts'

export interface EditedForm<Fields extends object> {
  readonly values: Fields
  readonly changes: Partial<Fields>
  readonly hasChanges: boolean
  /** Of what the form began with. */
  readonly etag: string
  readonly clashes: readonly (keyof Fields & string)[]
  readonly set: (typed: Partial<Fields>) => void
  /** What is saved by now: by the person (nothing is typed then) or, to go on typing, by somebody else. */
  readonly rebase: (saved: Fields, etag?: string) => void
  readonly reset: () => void
}

/**
 * The state of a form over something that is saved. Readings again while nothing is typed are taken over; while something is
 * typed they wait for `rebase`, so that the server can tell that somebody else changed it.
 */
export function useEdited<Fields extends object>(saved: Fields, etag = ''): EditedForm<Fields> {
  const [edited, setEdited] = useState<Edited<Fields>>(() => editedOf(saved, etag))
  const changes = changesOf(edited)
  const hasChanges = Object.keys(changes).length > 0
  const isNews = JSON.stringify([saved, etag]) !== JSON.stringify([edited.base, edited.etag])
  if (isNews && !hasChanges) setEdited(editedOf(saved, etag))
  const deeds = useMemo(
    () => ({
      set: (typed: Partial<Fields>) => setEdited((now) => ({ ...now, typed: { ...now.typed, ...typed } })),
      rebase: (fresh: Fields, tag = '') => setEdited((now) => rebased(now, fresh, tag)),
      reset: () => setEdited((now) => editedOf(now.base, now.etag)),
    }),
    [],
  )
  return {
    ...{ values: { ...edited.base, ...edited.typed }, changes, hasChanges },
    ...{ etag: edited.etag, clashes: edited.clashes, ...deeds },
  }
}
