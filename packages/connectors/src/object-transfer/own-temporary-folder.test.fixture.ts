import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'

/** Gives a test file a temporary folder of its own, in which nothing but locks' folder may be left after a test. */
export function useOwnTemporaryFolder(): void {
  const former = process.env.TMPDIR
  let own: string
  beforeAll(async () => {
    own = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    process.env.TMPDIR = own
  })
  afterEach(async () => {
    const left = (await readdir(own)).filter((name) => !name.startsWith('millrace-locks-'))
    expect(left).toEqual([])
  })
  afterAll(async () => {
    if (former === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = former
    await rm(own, { recursive: true, force: true })
  })
}
