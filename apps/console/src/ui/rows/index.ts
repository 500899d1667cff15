export { RowsTable } from './rows-table.tsx'
