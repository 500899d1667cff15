import { describe, expect, test } from 'vitest'
import type { ArtifactStore } from './artifacts.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

/** What every artifact store is held to. `open` gives an empty one. */
export function artifactStoreContract(name: string, open: () => Promise<ArtifactStore>): void {
  describe(`${name} keeps artifacts`, () => {
    test('and gives back what was put last', async () => {
      const store = await open()
      await store.put('packages/a.zip', Buffer.from('one'))
      await store.put('packages/a.zip', Buffer.from('second'))
      expect(text(await store.get('packages/a.zip'))).toBe('second')
      expect(await store.size('packages/a.zip')).toBe(6)
    })

    test('whole: nobody sees a part of what is put', async () => {
      const store = await open()
      const letters = ['a', 'b', 'c', 'd'].map((letter) => Buffer.alloc(300_000, letter))
      await store.put('one', letters[0] ?? Buffer.alloc(0))
      const writing = Promise.all(letters.map((bytes) => store.put('one', bytes)))
      for (let reads = 0; reads < 20; reads += 1) {
        const seen = text(await store.get('one'))
        expect(seen).toBe((seen[0] ?? '').repeat(300_000))
      }
      await writing
    })

    test('and says which one is missing', async () => {
      const store = await open()
      await expect(store.get('runs/7/output')).rejects.toMatchObject({
        code: 'ARTIFACT_MISSING',
        message: expect.stringContaining('runs/7/output'),
      })
      expect(await store.size('runs/7/output')).toBe(0)
      expect(await store.read('runs/7/output', 0, 10)).toHaveLength(0)
    })

    test('that grow: at the end, over what is there, and never beyond it', async () => {
      const store = await open()
      expect(await store.append('runs/1/log', 0, Buffer.from('abc'))).toBe(3)
      expect(await store.append('runs/1/log', 3, Buffer.from('def'))).toBe(6)
      // Sent again, because the answer was lost: in whole, and with something new behind it.
      expect(await store.append('runs/1/log', 0, Buffer.from('abc'))).toBe(6)
      expect(await store.append('runs/1/log', 3, Buffer.from('defghi'))).toBe(9)
      await expect(store.append('runs/1/log', 10, Buffer.from('x'))).rejects.toMatchObject({ code: 'ARTIFACT_GAP' })
      expect(text(await store.get('runs/1/log'))).toBe('abcdefghi')
    })

    test('that grow by the same part twice at once, without doubling it', async () => {
      const store = await open()
      await Promise.all([1, 2, 3].map(() => store.append('runs/2/log', 0, Buffer.from('once'))))
      expect(text(await store.get('runs/2/log'))).toBe('once')
    })

    test('that are read in parts', async () => {
      const store = await open()
      await store.put('runs/3/log', Buffer.from('0123456789'))
      expect(text(await store.read('runs/3/log', 4, 3))).toBe('456')
      expect(text(await store.read('runs/3/log', 8, 100))).toBe('89')
      expect(await store.read('runs/3/log', 10, 100)).toHaveLength(0)
      expect(await store.read('runs/3/log', 99, 100)).toHaveLength(0)
    })

    test('until their folder is removed, and not those of others', async () => {
      const store = await open()
      await store.put('runs/4/logs/1', Buffer.from('x'))
      await store.put('runs/4/outputs/1', Buffer.from('x'))
      await store.put('runs/41/logs/1', Buffer.from('y'))
      await store.removeFolder('runs/4')
      await store.removeFolder('runs/never')
      expect(await store.size('runs/4/logs/1')).toBe(0)
      expect(await store.size('runs/4/outputs/1')).toBe(0)
      expect(await store.size('runs/41/logs/1')).toBe(1)
    })

    test.for(['../outside', '/etc/passwd', 'a/../../b', 'a//b', '', '.', 'a\\..\\b', 'a\0b', '.unfinished/x'])(
      'under no key that could leave it: %j',
      async (key) => {
        const store = await open()
        await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'ARTIFACT_KEY_INVALID' })
        await expect(store.get(key)).rejects.toMatchObject({ code: 'ARTIFACT_KEY_INVALID' })
        await expect(store.removeFolder(key)).rejects.toMatchObject({ code: 'ARTIFACT_KEY_INVALID' })
      },
    )
  })
}
