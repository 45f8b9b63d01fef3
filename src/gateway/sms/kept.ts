import type { Kept } from '../../sms/modem/pin-file.ts'
import type { Memory } from '../../store/store.ts'

/** One word that outlives a restart. */
export const keptIn = (memory: Memory, kind: string, key: string): Kept => ({
  get: () => memory.load(kind).get(key) ?? null,
  set: (word) => memory.save(kind, new Map([[key, word]])),
})
