export { rates, type Sample } from './rates.ts'
export { type Point, TimeChart } from './time-chart.tsx'
