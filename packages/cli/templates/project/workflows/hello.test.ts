import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CountLines, FindFiles, hello, SumUp } from './hello.ts'

test('names the longest files', async () => {
  const run = await hello.test({ params: { longest: 1 } })

  assert.equal(run.state, 'success')
  const { files, lines, longest } = run.output(SumUp)
  assert.equal(files, run.output(FindFiles).length)
  assert.ok(lines > 0)
  assert.equal(longest.length, 1)
})

test('fails when a file cannot be read, after its retries', async () => {
  const run = await hello.test({ replace: { FindFiles: () => ['missing.txt'] } })

  assert.equal(run.state, 'failed')
  assert.equal(run.task(CountLines, 0).attempts, 3)
  assert.match(run.task(CountLines, 0).failure?.message ?? '', /missing\.txt/)
})

test('refuses an extension without a dot', async () => {
  await assert.rejects(hello.test({ params: { extension: 'ts' } }), /extension/)
})
