import { DuckDBInstance } from '@duckdb/node-api'

/** Runs one DuckDB script over the database file named first, as a peer process: `node duckdb-run.ts FILE SQL`. */
const [file = ':memory:', sql = ''] = process.argv.slice(2)
const instance = await DuckDBInstance.create(file, { threads: '2', autoinstall_known_extensions: 'false' })
const connection = await instance.connect()
await connection.run(sql)
connection.closeSync()
instance.closeSync()
