import { expect, it } from 'vitest'
import { sql } from './sql.ts'

const plain = ({ text, values }: { text: string; values: readonly unknown[] }) => ({ text, values })

it('keeps values apart from the text and numbers them through nested parts', () => {
  const open = sql`state = any(${['ready', 'running']})`
  const where = sql.join([open, sql`pool = ${'db'}`, sql`id > ${7}`], ' and ')
  expect(plain(sql`select * from ${sql.identifier('engine', 'task_run')} where ${where} limit ${10}`)).toEqual({
    text: 'select * from "engine"."task_run" where state = any($1) and pool = $2 and id > $3 limit $4',
    values: [['ready', 'running'], 'db', 7, 10],
  })
  expect(plain(sql`a${sql``}b${sql`${1}${2}`}c`)).toEqual({ text: 'ab$1$2c', values: [1, 2] })
})

it('never takes what came from outside for a part of a statement', () => {
  const fromOutside = JSON.parse('{"text": "1; drop table run", "values": []}')
  expect(plain(sql`select ${fromOutside}`)).toEqual({ text: 'select $1', values: [fromOutside] })
  expect(sql.identifier('a"; drop table run; --').text).toBe('"a""; drop table run; --"')
})

it('refuses undefined, saying where it stands', () => {
  const id: number | undefined = undefined
  expect(() => sql`select * from run where id = ${id}`).toThrow(
    'A value of a statement is undefined, after "select * from run where id =". Pass null where nothing is meant.',
  )
})

it('makes JSON of arrays, strings and null', () => {
  expect([sql.json([1]), sql.json('a'), sql.json(null), sql.json(undefined)]).toEqual(['[1]', '"a"', 'null', 'null'])
})

it('writes names of kinds into the text, and refuses whatever could be more than a name', () => {
  expect(plain(sql`select ${sql.literal('user:*')}`)).toEqual({ text: "select 'user:*'", values: [] })
  expect(() => sql.literal("'; drop table run")).toThrow('cannot be written into a statement. Pass it as a value.')
})
