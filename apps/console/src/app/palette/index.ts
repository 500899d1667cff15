export { connectionFound, entityFound, pipelineFound, runFound, workflowFound } from './found.ts'
export { Palette } from './palette.tsx'
