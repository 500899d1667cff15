import { expect, it } from 'vitest'
import { barriersOf, rulesOfViews, useConsole } from './testing/browser.fixture.ts'
import { pages } from './testing/pages.ts'
import { seed } from './testing/seed.ts'
import { overflowOf, visit } from './testing/visit.ts'

const served = useConsole({ args: ['--slots', '6'] })

// The second look is at what another width and other colors change: all rules on each view would cost minutes.
it('shows every page in light and dark and on a telephone without barriers, errors or sideways scrolling', async () => {
  const world = await seed(served.dev)
  const page = await served.open('/')
  const anonymous = await served.openAnonymously('/sign-in')
  const problems: string[] = []
  for (const entry of pages) {
    const at = entry.isAnonymous ? anonymous : page
    const note = (view: string) => (problem: string) => problems.push(`${entry.name}, ${view}: ${problem}`)
    try {
      await at.setViewportSize({ width: 1280, height: 900 })
      await at.emulateMedia({ colorScheme: 'light' })
      await visit(at, served.url, entry, world)
      const heading = at.locator('h1').first()
      if ((await heading.count()) === 0) note('light')('it has no heading of the first level')
      ;(await barriersOf(at, { shell: entry.name === 'home' })).forEach(note('light'))
      await at.emulateMedia({ colorScheme: 'dark' })
      await at.setViewportSize({ width: 390, height: 844 })
      ;(await barriersOf(at, { rules: rulesOfViews, shell: entry.name === 'home' })).forEach(note('dark and narrow'))
      const overflow = await overflowOf(at)
      if (overflow > 0) note('narrow')(`it is ${overflow} pixels wider than the screen`)
    } catch (error) {
      note('visit')(error instanceof Error ? error.message : String(error))
    }
  }
  expect(problems).toEqual([])
}, 600_000)
