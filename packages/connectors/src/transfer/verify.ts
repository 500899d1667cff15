import { ConfigError, DataError } from '@millrace/core'
import type { Relation } from '../kit/source.ts'
import { parseTableName } from '../kit/table-name.ts'
import { columnsNamed } from './proof.ts'
import type { Manifest, ProofSide, VerifyOptions, VerifyResult } from './types.ts'

/**
 * Recomputes at the destination what a manifest says of it, and at the source on request. A target
 * that has been written since differs: that is what the check is for.
 */
export async function verifyManifest(manifest: Manifest, options: VerifyOptions): Promise<VerifyResult> {
  const expected = manifest.proof.target ?? manifest.proof.staged
  if (!expected) {
    throw new ConfigError('NOTHING_TO_VERIFY', {
      message:
        'The load was made with --verify none, so its manifest proves nothing. Copy again with --verify count or content.',
    })
  }
  if (manifest.to.target.kind === 'file' && manifest.to.target.path === '-') {
    throw new ConfigError('NOTHING_TO_VERIFY', {
      message: 'The load went to standard output, which cannot be read again.',
    })
  }
  const findings: string[] = []
  const target = await targetSide(manifest, expected, options).catch((error: unknown) => {
    if (!(error instanceof DataError)) throw error
    // What cannot be read any more is not what was written.
    findings.push(`The target cannot be read as it was written: ${error.message}`)
    return null
  })
  if (target) compare(findings, 'The target', expected, target)
  if (!options.source) return { equal: findings.length === 0, expected, target, findings: conclude(findings, expected) }
  const source = await sourceSide(manifest, expected, options)
  compare(findings, 'The source', manifest.proof.source ?? expected, source)
  return { equal: findings.length === 0, expected, target, source, findings: conclude(findings, expected) }
}

async function targetSide(manifest: Manifest, expected: ProofSide, options: VerifyOptions): Promise<ProofSide> {
  await using connector = await options.connect('to', manifest.to.connector, manifest.to.address)
  await using sink = await connector.openSink(options.signal ? { signal: options.signal } : {})
  const { target } = manifest.to
  if (expected.hash === undefined) return { rows: await sink.count(target, options.signal) }
  return await sink.contentHash(target, hashedColumns(manifest), options.signal)
}

async function sourceSide(manifest: Manifest, expected: ProofSide, options: VerifyOptions): Promise<ProofSide> {
  if (manifest.incremental?.after) {
    throw new ConfigError('SOURCE_RANGE_GONE', {
      message: 'The load read only a range of its source, which has moved on since. Verify it without --source.',
    })
  }
  await using connector = await options.connect('from', manifest.from.connector, manifest.from.address)
  await using source = await connector.openSource(options.signal ? { signal: options.signal } : {})
  const relation: Relation =
    manifest.from.query === undefined
      ? { kind: 'table', table: parseTableName(manifest.from.table ?? '') }
      : { kind: 'query', sql: manifest.from.query }
  if (expected.hash === undefined) return { rows: await source.count(relation, options.signal) }
  return await source.contentHash(relation, hashedColumns(manifest), options.signal)
}

function hashedColumns(manifest: Manifest) {
  return columnsNamed(manifest.columns, manifest.proof.hashedColumns ?? [])
}

function compare(findings: string[], side: string, expected: ProofSide, found: ProofSide): void {
  if (found.rows !== expected.rows)
    findings.push(`${side} holds ${found.rows} rows; the manifest says ${expected.rows}.`)
  else if (expected.hash !== undefined && found.hash !== expected.hash)
    findings.push(`${side} holds the ${found.rows} rows of the manifest, but their content differs.`)
}

function conclude(findings: readonly string[], expected: ProofSide): string[] {
  if (findings.length > 0) return [...findings]
  return [
    expected.hash === undefined
      ? `${expected.rows} rows, as the manifest says.`
      : `${expected.rows} rows with the content that the manifest says (${expected.hash}).`,
  ]
}
