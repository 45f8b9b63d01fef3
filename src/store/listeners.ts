/** Who wants to hear about one thing, in the order they asked. */
interface Listeners<T> {
  readonly add: (listener: (value: T) => void) => void
  readonly tell: (value: T) => void
}

export const createListeners = <T>(): Listeners<T> => {
  const listeners: ((value: T) => void)[] = []
  return {
    add: (listener) => void listeners.push(listener),
    tell: (value) => {
      for (const listener of listeners) listener(value)
    },
  }
}
