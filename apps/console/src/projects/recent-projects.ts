import { useEffect } from 'react'

/** Kept in the browser, the last visited first. */
const key = 'millrace-recent-projects'
const most = 12

interface Visit {
  readonly id: string
  /** `namespace/slug`, as it was then. */
  readonly path: string
  readonly name: string
  /** Whose visit: several people may use one browser. */
  readonly user: string
}

/** Projects that the person visited in this browser, the last one first. */
export function recentProjects(user: string): readonly Visit[] {
  return read().filter((visit) => visit.user === user)
}

/** Notes that the person is at a project; under the name and path that it has now. */
export function noteVisit(user: string, { id, path, name }: Omit<Visit, 'user'>): void {
  const others = read().filter((visit) => visit.user !== user || visit.id !== id)
  write([{ id, path, name, user }, ...others].slice(0, most))
}

export function useVisit(user: string, { id, path, name }: Omit<Visit, 'user'>): void {
  useEffect(() => noteVisit(user, { id, path, name }), [user, id, path, name])
}

/** Forgets a project that is there no more, or not for this person. */
export function forgetVisit(user: string, path: string): void {
  write(read().filter((visit) => visit.user !== user || visit.path !== path))
}

function read(): readonly Visit[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(found) ? found.filter(isVisit) : []
  } catch {
    // Browsers may forbid it, and somebody else may have written there.
    return []
  }
}

function write(visits: readonly Visit[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(visits))
  } catch {
    // Then nothing is remembered.
  }
}

function isVisit(value: unknown): value is Visit {
  const visit = value as Partial<Record<keyof Visit, unknown>> | null
  return (['id', 'path', 'name', 'user'] as const).every((name) => typeof visit?.[name] === 'string')
}
