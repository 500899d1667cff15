import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { apiQuery, type Schema } from '../api/index.ts'

export type Group = Schema<'Group'>

export const GroupContext = createContext<Group | null>(null)

/** The group that the page is of; for parts of the page of a group. */
export function useGroup(): Group {
  const group = useContext(GroupContext)
  if (group === null) throw new Error('This is no part of the page of a group.')
  return group
}

export function groupQuery(slug: string) {
  return apiQuery('/api/data/groups/{slug}', { params: { path: { slug } } })
}

const none: Schema<'Permissions'> = { write: false, delete: false, change_membership: false }

/** What the person may do to the group that the page is of; nothing while that is not known. */
export function useGroupPermissions(): Schema<'Permissions'> & { readonly isKnown: boolean } {
  const { slug } = useGroup()
  const { data } = useQuery(apiQuery('/api/data/groups/{slug}/permissions', { params: { path: { slug } } }))
  return { ...(data ?? none), isKnown: data !== undefined }
}
