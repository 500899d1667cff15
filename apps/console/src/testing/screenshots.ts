import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { findChromium, startDev } from './dev.fixture.ts'
import { type ConsolePage, pages } from './pages.ts'
import { seed, type World } from './seed.ts'
import { visit } from './visit.ts'

const [folder = 'screenshots', ...wanted] = process.argv.slice(2)
const views = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 900 },
  { name: 'narrow', colorScheme: 'light', width: 390, height: 844 },
] as const

const stop = new AbortController()
const { signal } = stop
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    process.stderr.write('\nStopping...\n')
    stop.abort()
  })
}
try {
  await takeAll(resolve(folder))
} catch (error) {
  if (!signal.aborted) console.error(error instanceof Error ? error.message : error)
  process.exitCode = signal.aborted ? 130 : 1
}

async function takeAll(folder: string): Promise<void> {
  const chosen = pages.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  const unknown = wanted.filter((name) => !pages.some((page) => page.name === name))
  if (unknown.length > 0) throw new Error(`There is no page ${unknown.join(', ')}. Pages: ${names()}.`)
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('There is no Chromium. script/services installs it, or set CHROMIUM.')
  mkdirSync(folder, { recursive: true })
  console.log('Starting a platform.')
  await using dev = await startDev({ args: ['--slots', '6'] })
  const world = await seed(dev, { onStep: (text) => console.log(`Making ${text}.`) })
  signal.throwIfAborted()
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  try {
    const context = { locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' } as const
    const signedIn = await (await browser.newContext(context)).newPage()
    await signedIn.goto(dev.link)
    const anonymous = await (await browser.newContext(context)).newPage()
    const failures: string[] = []
    for (const [at, page] of chosen.entries()) {
      signal.throwIfAborted()
      process.stdout.write(`${`${at + 1}`.padStart(3)} of ${chosen.length}  ${page.name}\n`)
      try {
        await take(page.isAnonymous ? anonymous : signedIn, dev.url, page, world, folder)
      } catch (error) {
        failures.push(`${page.name}: ${error instanceof Error ? error.message : error}`)
      }
    }
    console.log(`${chosen.length - failures.length} pages are in ${folder}.`)
    if (failures.length > 0) throw new Error(`These could not be taken:\n${failures.join('\n')}`)
  } finally {
    await browser.close()
  }
}

async function take(page: Page, url: string, entry: ConsolePage, world: World, folder: string): Promise<void> {
  for (const { name, colorScheme, ...size } of views) {
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme })
    await visit(page, url, entry, world)
    await page.screenshot({ path: join(folder, `${entry.name}-${name}.png`), animations: 'disabled', caret: 'hide' })
  }
}

function names(): string {
  return pages.map(({ name }) => name).join(', ')
}
