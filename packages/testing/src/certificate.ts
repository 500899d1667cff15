import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A self-signed certificate for `localhost` and 127.0.0.1, valid from yesterday for ten years, with its
 * key (EC P-256). It may stand as its own authority, so clients can verify against it. Written out as
 * DER by hand because neither Node nor every machine has a tool that makes one.
 */
export function selfSignedCertificate(): { certificate: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' })
  const name = sequence(set(sequence(oid('550403'), der(0x0c, Buffer.from('localhost')))))
  const algorithm = sequence(oid('2a8648ce3d040302'))
  const now = new Date()
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(now.getTime() - 86_400_000), time(now.getTime() + 3650 * 86_400_000)),
    name,
    publicKeyInfo,
    der(
      0xa3,
      sequence(
        extension('551d13', sequence(der(0x01, Buffer.from([0xff]))), true),
        extension('551d11', sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])))),
        extension('551d0e', der(0x04, createHash('sha1').update(publicKeyInfo).digest())),
      ),
    ),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{64}/g, '$&\n').trim()}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

export interface CertificateFiles {
  /** PEM, for everybody. */
  readonly certificateFile: string
  /** PEM, for its owner alone. */
  readonly keyFile: string
}

/** Writes a self-signed certificate and its key into a directory. */
export function writeCertificate(directory: string): CertificateFiles {
  const { certificate, key } = selfSignedCertificate()
  const files = { certificateFile: join(directory, 'certificate.pem'), keyFile: join(directory, 'key.pem') }
  writeFileSync(files.certificateFile, certificate, { mode: 0o644 })
  writeFileSync(files.keyFile, key, { mode: 0o600 })
  return files
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: Buffer[]) => der(0x30, Buffer.concat(parts))
const set = (...parts: Buffer[]) => der(0x31, Buffer.concat(parts))
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))

/** UTCTime: two digits for the year, which is right until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value))
}
