import type { Page } from 'playwright-core'
import type { ConsolePage } from './pages.ts'
import type { World } from './seed.ts'

/** Opens a page, until all that it reads is there. */
export async function visit(page: Page, url: string, { path, prepare }: ConsolePage, world: World): Promise<void> {
  await page.goto(`${url}${typeof path === 'string' ? path : path(world)}`)
  await settled(page)
  if (prepare !== undefined) {
    await prepare(page, world)
    await settled(page)
  }
}

/** Until there is a heading, and nothing says that it still loads. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const isLoading = document.querySelector('[aria-busy="true"], .mantine-Loader-root') !== null
    return !isLoading && document.querySelector('h1, h2, [role="alert"]') !== null
  })
}

/** By how many pixels the page is wider than the screen, so that all of it would move sideways. */
export async function overflowOf(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}
