import type { Job } from '../jobs/index.ts'
import { findReprovisioning, reprovision } from './reprovision.ts'

/** Does what `POST /api/data/search/reprovision` asked for, also when the server that was asked died. */
export const reprovisionJob: Job = {
  name: 'search-reprovision',
  description: 'Builds the index of searches anew and tells everything as events once more, when that was asked for.',
  schedule: '*/5 * * * *',
  async run({ db }) {
    const asked = await findReprovisioning(db)
    if (asked === undefined) return { asked: false }
    const entities = await reprovision(db, asked.id)
    return entities === null ? { asked: true, calledOff: true } : { asked: true, entities }
  },
}
