import { closestName } from '@millrace/core'
import { parseDate } from './parse-date.ts'
import {
  type DateRange,
  entityTypes,
  type Filter,
  fieldNames,
  type Member,
  type MemberField,
  memberFields,
  type SearchQuery,
  type Sort,
  searchRoles,
  textFields,
  type Words,
} from './search-query.ts'
import { type Token, tokenize, unreadable } from './tokenize.ts'

const membersAtMost = 4
const partsAtMost = 50

type FieldToken = Extract<Token, { kind: 'field' }>

/**
 * Reads the language of searches: words, `field:value`, values with commas between them, `created<2026`, `sort:name-asc`.
 *
 * @param now What dates such as `today` are counted from; days are those of UTC.
 * @throws HttpError 422 SEARCH_QUERY_INVALID: names what is wrong.
 */
export function parseQuery(query: string, now: Date): SearchQuery {
  const tokens = tokenize(query)
  if (tokens.length > partsAtMost) {
    throw unreadable(`A search takes at most ${partsAtMost} words and fields, and this one has ${tokens.length}.`)
  }
  const words: Words[] = []
  const filters: Filter[] = []
  const sort: Sort[] = []
  for (const token of tokens) {
    if (token.kind === 'text') words.push({ text: token.text, isPhrase: token.isQuoted })
    else if (token.field === 'sort') sort.push(...token.values.map(readSort))
    else filters.push(readFilter(token, now))
  }
  const members = filters.reduce((count, filter) => count + ('members' in filter ? filter.members.length : 0), 0)
  if (members > membersAtMost) {
    throw unreadable(`A search takes at most ${membersAtMost} members, and this one has ${members}.`)
  }
  return { words, filters, sort }
}

function readFilter(token: FieldToken, now: Date): Filter {
  const { field, operator, values } = token
  if (field === 'created') return { field, ranges: values.map((value) => readRange(operator, parseDate(value, now))) }
  if (operator !== ':' && fieldNames.includes(field)) {
    throw unreadable(`The field "${field}" takes ":" only; "<" and ">" are for created.`)
  }
  if (isOf(textFields, field)) return { field, values }
  if (isOf(memberFields, field)) return { field, members: values.map((value) => readMember(field, value)) }
  switch (field) {
    case 'type':
      return { field, values: values.map((value) => oneOf(field, value, entityTypes)) }
    case 'visibility':
      return { field, values: values.map((value) => oneOf(field, value, ['public', 'private'] as const)) }
    case 'role':
      return { field, values: values.map((value) => oneOf(field, value, searchRoles)) }
    default: {
      const near = closestName(field, fieldNames)
      throw unreadable(
        `There is no field "${field}". ${near === undefined ? `There are: ${fieldNames.join(', ')}.` : `Did you mean "${near}"?`} To look for it as text, put it in quotation marks.`,
      )
    }
  }
}

/** A date is a span, such as a day: `<` is before it begins, `>` after it ended. */
function readRange(operator: FieldToken['operator'], { from, before }: DateRange): DateRange {
  switch (operator) {
    case ':':
      return { from, before }
    case '<':
      return { from: null, before: from }
    case '>':
      return { from: before, before: null }
  }
}

function readMember(field: MemberField, value: string): Member {
  if (!value.startsWith('@')) return { id: value }
  const username = value.slice(1).toLowerCase()
  if (username === '') throw unreadable(`A name is missing behind the @ in "${field}". Write ${field}:@name.`)
  return { username }
}

function readSort(value: string): Sort {
  const [, by = '', direction] = /^([a-z]+)(?:-(asc|desc))?$/i.exec(value) ?? []
  const known = ['name', 'created', 'score'] as const
  const name = by.toLowerCase()
  if (!isOf(known, name)) {
    throw unreadable(
      `A search is sorted by name, created or score, with "-asc" or "-desc" behind it, not by "${value}".`,
    )
  }
  return { by: name, descending: direction === undefined ? name === 'score' : direction.toLowerCase() === 'desc' }
}

function oneOf<const Value extends string>(field: string, value: string, known: readonly Value[]): Value {
  const found = known.find((one) => one.toLowerCase() === value.toLowerCase())
  if (found !== undefined) return found
  throw unreadable(`The field "${field}" takes ${known.join(', ')}, not "${value}".`)
}

function isOf<const Value extends string>(known: readonly Value[], value: string): value is Value {
  return (known as readonly string[]).includes(value)
}
