import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { apiQuery, entityQuery } from '../api/index.ts'
import { memberName } from './roles.ts'

export interface Person {
  readonly id: string
  readonly namespace: string
  readonly first_name?: string
  readonly last_name?: string
}

const most = 10

/** People by words of their names, or by a whole e-mail address. */
export function usePeople(text: string) {
  const isEmail = /^\S+@\S+\.\S+$/.test(text)
  const named = useQuery({
    ...apiQuery('/api/data/search/query', {
      params: { query: { q: entityQuery({ type: 'User', words: text }), per_page: most } },
    }),
    enabled: text !== '' && !isEmail,
    placeholderData: keepPreviousData,
  })
  const addressed = useQuery({
    ...apiQuery('/api/data/users', { params: { query: { exact_email: text, per_page: most } } }),
    enabled: isEmail,
  })
  const byName = (named.data?.items ?? []).flatMap((item): Person[] =>
    item.type === 'User' ? [{ id: item.id, namespace: item.slug, ...namesOf(item.firstName, item.lastName) }] : [],
  )
  const byEmail = (addressed.data ?? []).map(
    ({ id, username, first_name, last_name }): Person => ({
      id,
      namespace: username,
      ...namesOf(first_name, last_name),
    }),
  )
  const { isFetching, error } = isEmail ? addressed : named
  return { people: text === '' ? [] : isEmail ? byEmail : byName, isFetching, error, isEmail }
}

function namesOf(first: string | undefined, last: string | undefined) {
  return { ...(first === undefined ? {} : { first_name: first }), ...(last === undefined ? {} : { last_name: last }) }
}

/** As they are told apart in a list of choices. */
export function personText(person: Person): string {
  const name = memberName(person)
  return name === person.namespace ? name : `${name} (${person.namespace})`
}
