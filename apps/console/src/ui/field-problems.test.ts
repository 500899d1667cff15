import { ApiError } from '@millrace/client'
import { expect, it } from 'vitest'
import { fieldProblems } from './field-problems.ts'

const refused = (status: number, detail: string, message: string) =>
  new ApiError(status, { code: 1000 + status, detail, message })

it('finds what was refused about each field', () => {
  const message =
    'The request is not valid: body.repositories.1: has to begin with http://; body.name is missing; body.slug: has to be short.'
  expect(fieldProblems(refused(422, 'REQUEST_INVALID', message))).toEqual({
    repositories: 'Number 2 has to begin with http://.',
    name: 'It is missing.',
    slug: 'It has to be short.',
  })
})

it('shows a slug that is taken at the slug, and all else with the form', () => {
  expect(fieldProblems(refused(409, 'SLUG_TAKEN', 'There is one.'))).toEqual({ slug: 'There is one.' })
  expect(fieldProblems(refused(403, 'NAMESPACE_FORBIDDEN', 'You may not.'))).toEqual({})
  expect(fieldProblems(new Error('x'))).toEqual({})
})
