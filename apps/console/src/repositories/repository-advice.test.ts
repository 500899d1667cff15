import { expect, it } from 'vitest'
import { repositoryAdvice } from './repository-advice.ts'

const provider = { id: 'gitlab', name: 'GitLab', url: 'https://gitlab.com' }

it('says that a repository can be reached', () => {
  expect(repositoryAdvice({ status: 'valid' })).toEqual({ text: 'The repository can be reached.', connect: false })
})

it('leads to the service that would show a private repository', () => {
  const { text, connect } = repositoryAdvice({ status: 'invalid', error_code: 'no_git_repo', provider })
  expect(connect).toBe(true)
  expect(text).toContain('connect GitLab')
})

it('asks to connect again where the tokens are dead, and not where the service refuses the account', () => {
  const connection = { id: '1', status: 'connected' as const }
  const advice = (error_code: 'metadata_oauth' | 'metadata_unauthorized') =>
    repositoryAdvice({ status: 'unknown', error_code, provider, connection })
  expect(advice('metadata_oauth').connect).toBe(true)
  expect(advice('metadata_unauthorized').connect).toBe(false)
})

it('sends nobody to a service that nobody has set up', () => {
  const { text, connect } = repositoryAdvice({ status: 'invalid', error_code: 'no_git_repo' })
  expect(connect).toBe(false)
  expect(text).toContain('an administrator')
})
