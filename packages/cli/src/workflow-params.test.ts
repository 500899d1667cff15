import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmptyOperator } from '@millrace/operators'
import { Workflow, z } from '@millrace/workflow'
import { expect, it } from 'vitest'
import { readParams } from './workflow-params.ts'

const { params: schema } = new Workflow({
  category: 'test',
  name: 'params',
  params: z.object({
    text: z.string().optional(),
    count: z.int().optional(),
    share: z.number().nullable().optional(),
    force: z.boolean().optional(),
    names: z.array(z.string()).optional(),
    sizes: z.array(z.number()).optional(),
    where: z.object({ a: z.number() }).optional(),
    level: z.enum(['1', '2']).optional(),
    either: z.union([z.number(), z.string()]).optional(),
  }),
})
  .addNode(new EmptyOperator())
  .toManifest()

it.each([
  ['text=5', { text: '5' }],
  ['text=a=b', { text: 'a=b' }],
  ['text=', { text: '' }],
  ['count=5', { count: 5 }],
  ['count=five', { count: 'five' }],
  ['share=0.5', { share: 0.5 }],
  ['share=null', { share: null }],
  ['force=yes', { force: true }],
  ['force=false', { force: false }],
  ['names=a,b', { names: ['a', 'b'] }],
  ['names=["a,b"]', { names: ['a,b'] }],
  ['names=1', { names: ['1'] }],
  ['names=', { names: [] }],
  ['sizes=1,2', { sizes: [1, 2] }],
  ['where={"a":1}', { where: { a: 1 } }],
  ['level=1', { level: '1' }],
  ['either=1', { either: 1 }],
  ['either=one', { either: 'one' }],
])('reads %s as the schema has it', async (param, expected) => {
  expect(await readParams({ param: [param] }, schema)).toEqual(expected)
})

it('takes any parameters without a schema, as JSON where they are', async () => {
  const param = ['day=2026-01-31', 'limit=5', 'tag=a', 'tag=b', 'deep={"a":[1]}']
  expect(await readParams({ param }, null)).toEqual({
    day: '2026-01-31',
    limit: 5,
    tag: ['a', 'b'],
    deep: { a: [1] },
  })
})

it('takes a list by naming it again, and the last of anything else', async () => {
  expect(await readParams({ param: ['names=a', 'names=b', 'count=1', 'count=2'] }, schema)).toEqual({
    names: ['a', 'b'],
    count: 2,
  })
})

it('reads a file, over which the command line comes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'params-'))
  try {
    const paramsFile = join(folder, 'params.json')
    writeFileSync(paramsFile, '{"text": "file", "count": 7}')
    expect(await readParams({ param: ['text=line'], paramsFile }, schema)).toEqual({ text: 'line', count: 7 })
    writeFileSync(paramsFile, '[1]')
    await expect(readParams({ paramsFile }, schema)).rejects.toMatchObject({ code: 'PARAMS_FILE_UNREADABLE' })
    writeFileSync(paramsFile, '{')
    await expect(readParams({ paramsFile }, schema)).rejects.toMatchObject({ code: 'PARAMS_FILE_UNREADABLE' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it.each(['day', '=5', ''])('refuses "%s", which names no value', async (param) => {
  await expect(readParams({ param: [param] }, schema)).rejects.toMatchObject({ code: 'PARAM_SYNTAX' })
})
