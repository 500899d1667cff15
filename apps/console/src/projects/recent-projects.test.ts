import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { forgetVisit, noteVisit, recentProjects } from './recent-projects.ts'

const stored = new Map<string, string>()
beforeEach(() => {
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  })
})
afterEach(() => {
  stored.clear()
  vi.unstubAllGlobals()
})

const pathsOf = (user: string) => recentProjects(user).map(({ path }) => path)

it('has the last visited first, each once and by its present path, for each person alone', () => {
  for (const slug of ['a', 'b', 'c']) noteVisit('ada', { id: slug, path: `acme/${slug}`, name: slug })
  noteVisit('bob', { id: 'a', path: 'acme/a', name: 'a' })
  noteVisit('ada', { id: 'a', path: 'acme/renamed', name: 'A' })
  expect(pathsOf('ada')).toEqual(['acme/renamed', 'acme/c', 'acme/b'])
  forgetVisit('ada', 'acme/c')
  expect([pathsOf('ada'), pathsOf('bob')]).toEqual([['acme/renamed', 'acme/b'], ['acme/a']])
  for (let index = 0; index < 50; index++) noteVisit('ada', { id: `${index}`, path: `acme/${index}`, name: '' })
  expect(pathsOf('ada')).toHaveLength(12)
})

it('takes rubbish, and a browser that keeps nothing, for none', () => {
  for (const text of ['{', '7', '[null, 1, {"id": 1}]']) {
    stored.set('millrace-recent-projects', text)
    expect(pathsOf('ada')).toEqual([])
  }
  const refuse = () => {
    throw new Error('SecurityError')
  }
  vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse })
  noteVisit('ada', { id: 'a', path: 'acme/a', name: 'a' })
  expect(pathsOf('ada')).toEqual([])
})
