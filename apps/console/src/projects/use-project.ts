import { createContext, useContext } from 'react'
import type { Schema } from '../api/index.ts'

export type Project = Schema<'Project'>

export const ProjectContext = createContext<Project | null>(null)

/** The project that the page is of; for parts of the page of a project. */
export function useProject(): Project {
  const project = useContext(ProjectContext)
  if (project === null) throw new Error('This is no part of the page of a project.')
  return project
}
