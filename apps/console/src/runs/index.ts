export { RunGrid } from './grid/run-grid.tsx'
