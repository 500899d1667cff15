import { afterEach, describe, expect, it } from 'vitest'
import { credential, type SecretReader } from './index.ts'

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: SecretReader
  /** Puts a value there as its users do. */
  write(id: string, value: string): Promise<void>
  remove(id: string): Promise<void>
}

/** What every store of secrets does, wherever it keeps them. */
export function secretStoreContract(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    const started: StoreUnderTest[] = []
    const open = async () => {
      const one = await start()
      started.push(one)
      return one
    }
    afterEach(async () => {
      for (const one of started.splice(0)) await one[Symbol.asyncDispose]()
    })

    it('reads what was written, whatever is in it', async () => {
      const { store, write } = await open()
      const value = 'two lines\nof "text", with ünïcode 🗝 and {braces}'
      await write('prod/database/warehouse/read', value)
      expect(await store.read('prod/database/warehouse/read')).toBe(value)
    })

    it('reads null where there is nothing', async () => {
      const { store } = await open()
      expect(await store.read('prod/database/warehouse/read')).toBeNull()
    })

    it('reads the latest of two values', async () => {
      const { store, write } = await open()
      await write('a', 'one')
      await write('a', 'two')
      expect(await store.read('a')).toBe('two')
    })

    it('keeps what is removed no longer, and bears that it is gone already', async () => {
      const { store, write, remove } = await open()
      await write('a', 'one')
      await remove('a')
      await remove('a')
      expect(await store.read('a')).toBeNull()
      await write('a', 'again')
      expect(await store.read('a')).toBe('again')
    })

    it('keeps ids apart', async () => {
      const { store, write } = await open()
      await write('dev/s3/lake/read', 'one')
      await write('dev/s3/lake/write', 'two')
      expect(
        await Promise.all(['dev/s3/lake/read', 'dev/s3/lake/write', 'dev/s3/lake'].map((id) => store.read(id))),
      ).toEqual(['one', 'two', null])
    })

    it('C8: a credential falls back to the one for all environments, and not when its environment is forced', async () => {
      const { store, write } = await open()
      const name = { type: 'ftp', name: 'drop', mode: 'read', env: 'prod' } as const
      await write('all/ftp/drop/read', JSON.stringify({ user: 'all', password: 'p', host: 'h' }))
      expect(await credential(store, name)).toMatchObject({ id: 'all/ftp/drop/read', user: 'all' })
      await expect(credential(store, { ...name, forceEnv: true })).rejects.toMatchObject({ code: 'CREDENTIAL_UNKNOWN' })
      await write('prod/ftp/drop/read', JSON.stringify({ user: 'prod', password: 'p', host: 'h' }))
      expect(await credential(store, name)).toMatchObject({ id: 'prod/ftp/drop/read', user: 'prod' })
    })
  })
}
