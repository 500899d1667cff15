import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  keyId,
  newKeyText,
  openInner,
  openOuter,
  readPrivateKey,
  readPublicKey,
  readSymmetricKey,
  sealInner,
  sealOuter,
} from './index.ts'

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const one = pair()
const other = pair()

describe('a sealed value', () => {
  it('opens with the private key and then the key of its owner', async () => {
    const key = newKeyText()
    const sealed = await sealOuter('user:alice', one.publicKey, await sealInner('user:alice', key, 'a password'))
    const inner = await openOuter('user:alice', [other.privateKey, one.privateKey], sealed)
    expect(inner).not.toContain('a password')
    expect(await openInner('user:alice', key, inner)).toBe('a password')
  })

  it('opens with no other private key, for no other owner, and with no other key of an owner', async () => {
    const key = newKeyText()
    const sealed = await sealOuter('project:1', one.publicKey, await sealInner('project:1', key, 'a password'))
    await expect(openOuter('project:1', [other.privateKey], sealed)).rejects.toThrow('none of the private keys')
    await expect(openOuter('project:2', [one.privateKey], sealed)).rejects.toThrow('cannot be opened')
    const inner = await openOuter('project:1', [one.privateKey], sealed)
    await expect(openInner('project:1', newKeyText(), inner)).rejects.toThrow('cannot be opened')
  })

  it('is another one each time', async () => {
    const first = await sealOuter('platform', one.publicKey, 'inner')
    const second = await sealOuter('platform', one.publicKey, 'inner')
    expect(first.outer).not.toBe(second.outer)
    expect(first.encryptedKey.equals(second.encryptedKey)).toBe(false)
  })
})

describe('key files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-keys-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (name: string, content: string | Buffer, mode = 0o600) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    chmodSync(path, mode)
    return { path, variable: 'MILLRACE_A_KEY_PATH' }
  }
  const pem = one.privateKey.export({ type: 'pkcs8', format: 'pem' })
  const publicPem = one.publicKey.export({ type: 'spki', format: 'pem' })

  it('give the same name to both halves of a pair', async () => {
    const privateKey = await readPrivateKey(file('private.pem', pem))
    expect(keyId(privateKey)).toBe(keyId(await readPublicKey(file('public.pem', publicPem, 0o644))))
    expect(keyId(privateKey)).not.toBe(keyId(other.publicKey))
  })

  it('that are missing name the command that makes them', async () => {
    await expect(readSymmetricKey({ path: null, variable: 'MILLRACE_A_KEY_PATH' })).rejects.toThrow('openssl rand')
    const path = join(folder, 'missing')
    await expect(readSymmetricKey({ path, variable: 'V' })).rejects.toThrow(`openssl rand -out ${path} 32`)
  })

  it.each([0o644, 0o602, 0o601])('that all can use are refused (%o)', async (mode) => {
    const open = file('open', Buffer.alloc(32, 1), mode)
    await expect(readSymmetricKey(open)).rejects.toMatchObject({ code: 'KEY_FILE_READABLE_BY_ALL' })
  })

  it('of rubbish are refused without showing it', async () => {
    const rubbish = file('rubbish', 'hush-hush')
    for (const read of [readSymmetricKey, readPrivateKey, readPublicKey]) {
      const error = await read(rubbish).catch((error) => error)
      expect(error).toMatchObject({ code: 'KEY_INVALID' })
      expect(JSON.stringify(error) + error.message).not.toContain('hush-hush')
    }
  })

  it('of the API hold no private key', async () => {
    await expect(readPublicKey(file('wrong.pem', pem))).rejects.toThrow('holds a private key')
  })

  it('of short keys are refused', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    })
    await expect(readPrivateKey(file('short.pem', short))).rejects.toThrow('at least 2048 bits')
  })
})
