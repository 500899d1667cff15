import { createContext, useContext } from 'react'
import type { Schema } from '../api/index.ts'

export type Workflow = Schema<'Workflow'>

interface Found {
  readonly workflow: Workflow
  /** Whether the person may start, pause and change it; false until that is known. */
  readonly mayWrite: boolean
  readonly isAccessKnown: boolean
}

export const WorkflowContext = createContext<Found | null>(null)

/** The workflow that the page is of. */
export function useWorkflow(): Found {
  const found = useContext(WorkflowContext)
  if (found === null) throw new Error('This is no part of the page of a workflow.')
  return found
}
