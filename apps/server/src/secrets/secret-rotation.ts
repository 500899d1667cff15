import type { Job } from '../jobs/job.ts'
import { renewAllAtRest } from './renew-at-rest.ts'
import { rotateMasterKey } from './rotate-master-key.ts'
import { removeAbandonedValues } from './task-secret-values.ts'

/** Encrypts with the present master key what the previous one encrypted, and removes values elsewhere that no secret names. */
export const secretRotation: Job = {
  name: 'secret-rotation',
  description:
    'Encrypts with the present master key what the previous one encrypted, and removes values from stores elsewhere whose secrets are gone.',
  schedule: ({ encryptionKeyPath }) => (encryptionKeyPath === null ? null : '29 * * * *'),
  async run(context, signal) {
    const valuesRemoved = await removeAbandonedValues(context)
    if (context.settings.previousEncryptionKeyPath === null) return { valuesRemoved }
    const keys = await rotateMasterKey(context)
    const texts = await renewAllAtRest(context, signal)
    return { valuesRemoved, keysRotated: keys.rotated, textsRotated: texts.rotated, failed: keys.failed + texts.failed }
  },
}
