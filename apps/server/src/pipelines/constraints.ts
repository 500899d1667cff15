import { isMillraceError } from '@millrace/core'
import { conflict, invalid } from '@millrace/http'

/** Who points at whom, by the constraint of the database that says so. */
const references: Readonly<Record<string, { readonly of: string; readonly by: string }>> = {
  brand_of_client: { of: 'client', by: 'brands' },
  pipeline_type_of_segment: { of: 'segment', by: 'pipeline types' },
  pipeline_of_brand: { of: 'brand', by: 'pipelines' },
  pipeline_of_type: { of: 'pipeline type', by: 'pipelines' },
  transformation_of_template: { of: 'template', by: 'transformations' },
}

/**
 * Says in words what the database refused.
 *
 * @param what The thing that is changed, such as `brand "wonder"`.
 * @throws HttpError 409 NAME_TAKEN, STILL_USED; 422 REFERENCE_MISSING
 */
export async function explainConstraints<Result>(
  what: string,
  doing: 'saving' | 'removing',
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!isMillraceError(error)) throw error
    if (error.code === 'DATABASE_UNIQUE_VIOLATION') {
      throw conflict('NAME_TAKEN', `There is another ${what} in this place already. Choose another name.`)
    }
    const reference = references[String(error.details.constraint)]
    if (error.code !== 'DATABASE_FOREIGN_KEY_VIOLATION' || reference === undefined) throw error
    if (doing === 'removing') {
      throw conflict('STILL_USED', `The ${what} is used by ${reference.by}. Change or remove these first.`)
    }
    throw invalid('REFERENCE_MISSING', `The project has no such ${reference.of} as the ${what} names.`)
  }
}
