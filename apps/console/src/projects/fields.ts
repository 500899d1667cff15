import type { Project } from './use-project.ts'

/** What of a project forms ask for; an empty text is none. */
export interface ProjectFields {
  readonly name: string
  readonly description: string
  readonly keywords: readonly string[]
  readonly repositories: readonly string[]
  readonly visibility: Project['visibility']
  readonly is_template: boolean
  readonly secrets_mount_directory: string
}

export function fieldsOf(project: Project): ProjectFields {
  const { name, description = '', keywords, repositories, visibility, is_template, secrets_mount_directory } = project
  return { name, description, keywords, repositories, visibility, is_template, secrets_mount_directory }
}

/** All that the settings ask for. */
export interface ProjectForm extends ProjectFields {
  readonly namespace: string
  readonly slug: string
}

export function formFieldsOf(project: Project): ProjectForm {
  return { ...fieldsOf(project), namespace: project.namespace, slug: project.slug }
}

export const fieldNames: Readonly<Record<string, string>> = {
  ...{ name: 'Name', description: 'Description', keywords: 'Keywords', repositories: 'Repositories' },
  ...{ visibility: 'Visibility', is_template: 'Template', secrets_mount_directory: 'Folder of secrets' },
  ...{ documentation: 'Documentation', slug: 'Slug', namespace: 'Namespace' },
}
