import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { apiQuery, useUser } from '../api/index.ts'
import { memberName } from './roles.ts'

export interface Person {
  readonly id: string
  readonly namespace: string
  readonly first_name?: string
  readonly last_name?: string
}

const most = 10

/**
 * People by parts of their names: those whom the person shares a group or project with, for administrators all. A whole e-mail
 * address finds everybody.
 */
export function usePeople(text: string) {
  const { is_admin } = useUser()
  const isEmail = /^\S+@\S+\.\S+$/.test(text)
  const search = { per_page: most, ...(text === '' ? {} : { search: text }) }
  const known = useQuery({
    ...apiQuery('/api/people', { params: { query: search } }),
    ...{ enabled: !isEmail && !is_admin, placeholderData: keepPreviousData },
  })
  const all = useQuery({
    ...apiQuery('/api/data/users', { params: { query: search } }),
    ...{ enabled: !isEmail && is_admin, placeholderData: keepPreviousData },
  })
  const addressed = useQuery({
    ...apiQuery('/api/data/users', { params: { query: { exact_email: text, per_page: most } } }),
    enabled: isEmail,
  })
  const asked = isEmail ? addressed : is_admin ? all : known
  const people = (asked.data ?? []).map(({ username, ...rest }): Person => ({ ...rest, namespace: username }))
  return { people, isFetching: asked.isFetching, error: asked.error, isEmail }
}

/** As they are told apart in a list of choices. */
export function personText(person: Person): string {
  const name = memberName(person)
  return name === person.namespace ? name : `${name} (${person.namespace})`
}
