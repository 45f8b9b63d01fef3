/** The memories of a modem, and the network in front of them, which keeps what does not fit. */

export interface Stored {
  status: number
  readonly pdu: string
}

export interface Storage {
  /** Messages each memory holds. */
  readonly capacity: number
  has(memory: string): boolean
  of(memory: string): Map<number, Stored>
  deliver(pdu: string): void
  /** Takes from the network what fits into this memory, while it may come in; `arrived` is told its index. */
  fetch(memory: string, mayCome: () => boolean, arrived: (index: number) => void): void
  /** Whether the network has something for this memory, and it is full. */
  overflows(memory: string): boolean
  /** Some modems number what they have anew when they begin anew. */
  shuffle(dice: () => number): void
  clear(): void
  /** Received PDUs, in the network or here. */
  left(): number
  all(): readonly string[]
}

/** The lowest index that is free, as 27.005 leaves it to the modem. */
const freeIn = (messages: ReadonlyMap<number, Stored>): number => {
  let index = 1
  while (messages.has(index)) index++
  return index
}

export function storageOf(names: readonly string[], capacity: number): Storage {
  const memories = new Map(names.map((name) => [name, new Map<number, Stored>()]))
  const network: string[] = []
  const every = (): Stored[] => [...memories.values()].flatMap((messages) => [...messages.values()])
  const of = (memory: string): Map<number, Stored> => memories.get(memory)!
  return {
    capacity,
    has: (memory) => memories.has(memory),
    of,
    deliver: (pdu) => void network.push(pdu),
    fetch(memory, mayCome, arrived) {
      while (network.length > 0 && of(memory).size < capacity && mayCome()) {
        const index = freeIn(of(memory))
        of(memory).set(index, { status: 0, pdu: network.shift()! })
        arrived(index)
      }
    },
    overflows: (memory) => network.length > 0 && of(memory).size >= capacity,
    shuffle(dice) {
      for (const [name, messages] of memories) {
        const order = [...messages.values()].sort(() => dice() - 0.5)
        memories.set(name, new Map(order.map((message, i) => [i + 1, message])))
      }
    },
    clear() {
      for (const messages of memories.values()) messages.clear()
    },
    left: () => network.length + every().filter(({ status }) => status < 2).length,
    all: () => every().map(({ pdu }) => pdu),
  }
}
