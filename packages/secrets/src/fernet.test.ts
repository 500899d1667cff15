import { describe, expect, it } from 'vitest'
import { decryptWithPassword, encryptWithPassword, fernetDecrypt, fernetEncrypt } from './index.ts'

/** Published with the specification of the format. */
const vector = {
  token: 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
  now: new Date('1985-10-26T01:20:00-07:00'),
  iv: Uint8Array.from({ length: 16 }, (_, index) => index),
  text: 'hello',
  key: Buffer.from('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=', 'base64url'),
}

describe('Fernet tokens', () => {
  it('are made as the specification shows', () => {
    expect(fernetEncrypt(vector.key, vector.text, vector)).toBe(vector.token)
  })

  it('are opened as the specification shows', () => {
    expect(fernetDecrypt(vector.key, vector.token)).toBe(vector.text)
  })

  it.each([
    [
      'an incorrect mac',
      'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
    ],
    ['too few bytes', 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=='],
    [
      'no base64',
      '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    ],
    [
      'a text that is no whole number of blocks',
      'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
    ],
    [
      'wrong padding',
      'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
    ],
    [
      'a wrong vector',
      'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
    ],
    ['nothing', ''],
  ])('are refused with %s', (_, token) => {
    expect(() => fernetDecrypt(vector.key, token)).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' }))
  })

  it('are refused whichever bit is turned', () => {
    const bytes = Buffer.from(vector.token, 'base64url')
    for (const index of bytes.keys()) {
      const damaged = Buffer.from(bytes)
      damaged[index] = (damaged[index] ?? 0) ^ 1
      const token = damaged.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
      expect(() => fernetDecrypt(vector.key, token)).toThrow('cannot be opened')
    }
  })
})

describe('encryption with a password', () => {
  it('opens what another implementation of the same rules encrypted', async () => {
    const token = 'gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD3ostztZd9Bj6R7mmMxssR82Gw8UxZzKtDALGZH0FOXAduZazFuBCGNycms_iDzJfw=='
    expect(await decryptWithPassword('a key of a user', 'alice', token)).toBe('a value é')
  })

  it('wants the same password and the same salt', async () => {
    const token = await encryptWithPassword('key', 'alice', 'value')
    expect(await decryptWithPassword('key', 'alice', token)).toBe('value')
    await expect(decryptWithPassword('key', 'bob', token)).rejects.toThrow('cannot be opened')
    await expect(decryptWithPassword('other', 'alice', token)).rejects.toThrow('cannot be opened')
  })

  it('derives a key once and uses it two hundred times in less than the time of two derivations', async () => {
    const atStart = process.cpuUsage()
    await encryptWithPassword('a fresh password', 'salt', 'value')
    const once = process.cpuUsage(atStart)
    const atAgain = process.cpuUsage()
    for (let turn = 0; turn < 200; turn++) await encryptWithPassword('a fresh password', 'salt', 'value')
    expect(process.cpuUsage(atAgain).user).toBeLessThan(2 * once.user)
  })
})
