import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('loads a language of zod when it is used, has all of them, and says the same as without', () => {
  const script = `
    const { loadLocalesLazily } = await import(${JSON.stringify(join(import.meta.dirname, 'lazy-locales.ts'))})
    if (process.argv[1] === 'lazy') loadLocalesLazily()
    const { z } = await import('zod')
    const say = () => z.string().min(5).safeParse('ab').error.issues[0].message
    const english = say()
    const all = Object.entries(z.locales).map(([name, words]) => [name, typeof words().localeError]).sort()
    z.config(z.locales.de())
    console.log(JSON.stringify([all, english, say()]))`
  const run = (how: string) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script, how], {
      cwd: join(import.meta.dirname, '../../../workflow'),
    }).toString()
  expect(run('lazy')).toBe(run('plain'))
})
