import type { Trx } from '@millrace/db'
import { insertSlot, listSlots } from './slot-store.ts'

/** Gives a project the slots of another one, without anybody's secrets. */
export async function copySlots(
  trx: Trx,
  { from, to, userId }: { readonly from: string; readonly to: string; readonly userId: string },
): Promise<void> {
  const slots = await listSlots(trx, from)
  for (const { name, description, filename } of slots.reverse()) {
    await insertSlot(trx, { projectId: to, name, description, filename, createdBy: userId })
  }
}
