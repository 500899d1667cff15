import { expect, it } from 'vitest'
import { expectAccessible, useConsole } from '../testing/browser.fixture.ts'

const served = useConsole({ people: true })

it('signs the administrator in by the link of "millrace dev", and everybody else at the issuer', async () => {
  const page = await served.open('/')
  await page.getByRole('link', { name: 'Workflows' }).waitFor()
  await page.getByRole('link', { name: 'Administration' }).waitFor()
  await expectAccessible(page)

  const other = await served.openAs({ id: 'ada', firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' })
  await other.getByRole('button', { name: 'Ada' }).waitFor()
  expect(await other.getByRole('link', { name: 'Administration' }).count()).toBe(0)
})

it('leads whoever is not signed in to where they sign in, and back', async () => {
  const page = await served.openAs({ id: 'ada', firstName: 'Ada' }, '/runs')
  await page.getByRole('button', { name: 'Ada' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  // The issuer signs its own session out as well.
  await page.waitForURL((url) => url.origin !== served.url)
  await page.goto(`${served.url}/runs`)
  await page.waitForURL(/\/sign-in\?to=/)
  await expectAccessible(page)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.waitForURL(`${served.url}/runs`)
})
