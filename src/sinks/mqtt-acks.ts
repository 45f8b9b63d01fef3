/** The publications that wait for their PUBACK, by packet identifier. */
export interface Acks {
  size(): number
  of(messageId: number): Promise<number>
  arrived(messageId: number, reasonCode: number): void
  rejectAll(error: Error): void
}

interface Waiting {
  readonly resolve: (reasonCode: number) => void
  readonly reject: (error: Error) => void
}

export const openAcks = (): Acks => {
  const waiting = new Map<number, Waiting>()
  return {
    size: () => waiting.size,
    of: (messageId) => new Promise((resolve, reject) => waiting.set(messageId, { resolve, reject })),
    arrived(messageId, reasonCode) {
      waiting.get(messageId)?.resolve(reasonCode)
      waiting.delete(messageId)
    },
    rejectAll(error) {
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    },
  }
}
