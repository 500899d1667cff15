/** A form over something that is saved: what was there, and what was typed over it. */
export interface Edited<Fields extends object> {
  readonly base: Fields
  /** Of what is saved, where changes of others are told apart by it. */
  readonly etag: string
  readonly typed: Partial<Fields>
  /** Fields that were typed into, and that somebody else changed as well. */
  readonly clashes: readonly (keyof Fields & string)[]
}

export function editedOf<Fields extends object>(base: Fields, etag = ''): Edited<Fields> {
  return { base, etag, typed: {}, clashes: [] }
}

/** What has to be saved: a field that is as it was counts as not typed into. */
export function changesOf<Fields extends object>({ base, typed }: Edited<Fields>): Partial<Fields> {
  return pick(typed, (name) => !isSame(typed[name], base[name]))
}

/** What is saved now becomes what was there; typed fields stay, all others show what is saved. */
export function rebased<Fields extends object>(edited: Edited<Fields>, saved: Fields, etag = ''): Edited<Fields> {
  const typed = changesOf(edited)
  const names = Object.keys(typed) as (keyof Fields & string)[]
  const clashes = names.filter((name) => !isSame(saved[name], edited.base[name]) && !isSame(saved[name], typed[name]))
  return { base: saved, etag, typed, clashes }
}

function pick<Fields extends object>(from: Partial<Fields>, isWanted: (name: keyof Fields) => boolean) {
  const names = (Object.keys(from) as (keyof Fields)[]).filter(isWanted)
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<Fields>
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
