import { describe, expect, it } from 'vitest'
import { parseQuery } from './parse-query.ts'

const now = new Date('2026-03-15T13:30:00Z')
const parse = (query: string) => parseQuery(query, now)
const only = (query: string) => {
  const { filters, words, sort } = parse(query)
  expect([words, sort]).toEqual([[], []])
  return filters
}

describe('words', () => {
  it.each([
    ['', []],
    ['  forest   fire ', ['forest', 'fire']],
    ['12:30 a/b -x', ['12:30', 'a/b', '-x']],
    ['naïve été', ['naïve', 'été']],
  ])('%j', (query, words) => {
    expect(parse(query).words.map(({ text }) => text)).toEqual(words)
  })

  it('stand together in quotes, and are no fields there', () => {
    expect(parse('"forest fire" "type:x" "a \\"b\\" \\\\"').words).toEqual([
      { text: 'forest fire', isPhrase: true },
      { text: 'type:x', isPhrase: true },
      { text: 'a "b" \\', isPhrase: true },
    ])
  })
})

describe('fields', () => {
  it.each([
    ['id:01J', { field: 'id', values: ['01J'] }],
    ['name:"forest, fire",x', { field: 'name', values: ['forest, fire', 'x'] }],
    ['NAME:x', { field: 'name', values: ['x'] }],
    ['slug:a,b', { field: 'slug', values: ['a', 'b'] }],
    ['visibility:Public', { field: 'visibility', values: ['public'] }],
    ['createdby:@ada', { field: 'createdby', values: ['@ada'] }],
    ['type:project,DataConnector', { field: 'type', values: ['Project', 'DataConnector'] }],
    ['role:owner,viewer', { field: 'role', values: ['owner', 'viewer'] }],
    ['keyword:"climate change"', { field: 'keyword', values: ['climate change'] }],
    ['namespace:group/project', { field: 'namespace', values: ['group/project'] }],
    ['doi:10.5281/zenodo.1', { field: 'doi', values: ['10.5281/zenodo.1'] }],
    ['publisher_name:Zenodo', { field: 'publisher_name', values: ['Zenodo'] }],
    ['direct_member:@Ada,123', { field: 'direct_member', members: [{ username: 'ada' }, { id: '123' }] }],
    ['inherited_member:@ada', { field: 'inherited_member', members: [{ username: 'ada' }] }],
  ])('%s', (query, filter) => {
    expect(only(query)).toEqual([filter])
  })

  it('sorts by several, the score from the best on and others upwards', () => {
    expect(parse('sort:created-desc,name sort:score').sort).toEqual([
      { by: 'created', descending: true },
      { by: 'name', descending: false },
      { by: 'score', descending: true },
    ])
  })
})

describe('dates', () => {
  const open = null
  it.each([
    ['created:2026', '2026-01-01T00:00:00', '2027-01-01T00:00:00'],
    ['created:2026-12', '2026-12-01T00:00:00', '2027-01-01T00:00:00'],
    ['created:2026-02-28', '2026-02-28T00:00:00', '2026-03-01T00:00:00'],
    ['created:2026-02-28T23', '2026-02-28T23:00:00', '2026-03-01T00:00:00'],
    ['created:2026-02-28T23:59', '2026-02-28T23:59:00', '2026-03-01T00:00:00'],
    ['created:2026-02-28T23:59:59Z', '2026-02-28T23:59:59', '2026-03-01T00:00:00'],
    ['created:today', '2026-03-15T00:00:00', '2026-03-16T00:00:00'],
    ['created:Yesterday', '2026-03-14T00:00:00', '2026-03-15T00:00:00'],
    ['created:today-7d', '2026-03-08T00:00:00', '2026-03-09T00:00:00'],
    ['created:-7d', '2026-03-08T00:00:00', '2026-03-09T00:00:00'],
    ['created:2026-02-28+1d', '2026-03-01T00:00:00', '2026-03-02T00:00:00'],
    ['created:2026-02/3d', '2026-01-29T00:00:00', '2026-03-04T00:00:00'],
    ['created<2026-02', open, '2026-02-01T00:00:00'],
    ['created>2026-02', '2026-03-01T00:00:00', open],
    ['created>today-1d', '2026-03-15T00:00:00', open],
  ])('%s', (query, from, before) => {
    const at = (text: string | null) => (text === null ? null : new Date(`${text}Z`))
    expect(only(query)).toEqual([{ field: 'created', ranges: [{ from: at(from), before: at(before) }] }])
  })

  it('are one or the other with commas, and both as two fields', () => {
    expect(only('created:2024,2025')).toHaveLength(1)
    expect(only('created>2024 created<2026')).toHaveLength(2)
  })
})

describe('what is wrong is named', () => {
  it.each([
    ['tpye:Project', /There is no field "tpye"\. Did you mean "type"\? .*in quotation marks/],
    ['https://x', /There is no field "https"/],
    ['type:Workflow', /takes User, Group, Project, DataConnector, not "Workflow"/],
    ['visibility:secret', /takes public, private, not "secret"/],
    ['role:admin', /takes owner, editor, viewer/],
    ['name:', /value is missing in "name:" at character 6/],
    ['name:a, b', /value is missing in "name:" at character 8/],
    ['say "hello', /quotation mark at character 5 is not closed/],
    ['name>a', /"name" takes ":" only/],
    ['created:soon', /"soon" is no date\. Write one such as/],
    ['created:2026-02-30', /"2026-02-30" is no date/],
    ['created:2026-13', /is no date/],
    ['created:today+99999d', /is no date/],
    ['sort:size', /sorted by name, created or score/],
    ['direct_member:@', /name is missing behind the @/],
    ['direct_member:@a,@b inherited_member:@c,@d,@e', /at most 4 members, and this one has 5/],
    ['x '.repeat(51), /at most 50 words and fields/],
  ])('%j', (query, message) => {
    expect(() => parse(query)).toThrow(message)
  })
})
