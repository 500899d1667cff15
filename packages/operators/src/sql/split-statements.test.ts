import { expect, test } from 'vitest'
import { bindParameters } from './bind-parameters.ts'
import { dialectOf, literal } from './dialect.ts'
import { splitStatements } from './split-statements.ts'

const split = (connector: string, sql: string) => splitStatements(sql, dialectOf(connector)).map(({ text }) => text)

test.each([
  ['postgres', 'select 1; select 2;', ['select 1', 'select 2']],
  ['postgres', "select ';'; select 'it''s; fine'", ["select ';'", "select 'it''s; fine'"]],
  ['postgres', "select E'\\';'; select 'a\\'; select 2", ["select E'\\';'", "select 'a\\'", 'select 2']],
  ['postgres', 'select "a;b"', ['select "a;b"']],
  [
    'postgres',
    '-- one; two\nselect 1; /* a; /* b; */ c; */ select 2',
    ['-- one; two\nselect 1', '/* a; /* b; */ c; */ select 2'],
  ],
  [
    'postgres',
    'do $$ begin perform 1; end $$; select $a$;$$;$a$',
    ['do $$ begin perform 1; end $$', 'select $a$;$$;$a$'],
  ],
  ['postgres', 'select a$b, c$d; select 2', ['select a$b, c$d', 'select 2']],
  ['postgres', ';;\n-- nothing\n;', []],
  [
    'postgres',
    'create function f() returns int begin atomic select 1; select case when true then 1 end; end; select 2',
    ['create function f() returns int begin atomic select 1; select case when true then 1 end; end', 'select 2'],
  ],
  [
    'mysql',
    "select 'a\\';b'; select `x;y`, \"p;q\" # c; d\n; select 3--1",
    ["select 'a\\';b'", 'select `x;y`, "p;q" # c; d', 'select 3--1'],
  ],
  [
    'mysql',
    'create procedure p() begin if 1 then select 1; end if; case 1 when 1 then select 2; end case; end; call p()',
    ['create procedure p() begin if 1 then select 1; end if; case 1 when 1 then select 2; end case; end', 'call p()'],
  ],
  [
    'sqlite',
    'create trigger t after insert on a begin update b set n = n + 1; delete from c; end; select [a;b], `c;d`',
    ['create trigger t after insert on a begin update b set n = n + 1; delete from c; end', 'select [a;b], `c;d`'],
  ],
  ['bigquery', "select '''a;'b''', r'x' ; select 2", ["select '''a;'b''', r'x'", 'select 2']],
  ['mssql', 'select [a]];b]; select 2', ['select [a]];b]', 'select 2']],
  ['postgres', "select 'never closed; select 2", ["select 'never closed; select 2"]],
])('%s: %s', (connector, sql, expected) => {
  expect(split(connector, sql)).toEqual(expected)
})

test('statements know their line and first word', () => {
  expect(splitStatements('\n-- a\nselect 1;\n\n  Insert into t values (1)', dialectOf('postgres'))).toMatchObject([
    { line: 2, verb: 'select' },
    { line: 5, verb: 'insert' },
  ])
})

test('values stand for names outside of strings, comments and casts only', () => {
  const sql = `select :day::date, ':day', "x:day" -- :day\n, :n, a[1:2] where b = :none`
  const bound = bindParameters(sql, { day: "2024'; drop table x --", n: 1.5, none: null }, dialectOf('postgres'))
  expect(bound).toBe(`select '2024''; drop table x --'::date, ':day', "x:day" -- :day\n, 1.5, a[1:2] where b = null`)
})

test.each([
  [{ dya: 1 }, 'SQL_PARAMETER_UNKNOWN', 'Did you mean :dya?'],
  [{ day: 1, more: 2 }, 'SQL_PARAMETER_UNUSED', '"more"'],
])('parameters %j are refused with %s', (parameters, code, text) => {
  expect(() => bindParameters('select :day', parameters, dialectOf('postgres'))).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(text) }),
  )
})

test('literals leave no way out of their quotes, whatever the server makes of backslashes', () => {
  expect(literal(dialectOf('mysql'), "a\\' or 1=1 --")).toMatch(/^convert\(0x[0-9a-f]+ using utf8mb4\)$/)
  expect(literal(dialectOf('mysql'), "it's")).toBe("'it''s'")
  expect(literal(dialectOf('bigquery'), "it's")).toBe("'it\\'s'")
  expect(literal(dialectOf('clickhouse'), "\\'")).toBe("'\\\\\\''")
})
