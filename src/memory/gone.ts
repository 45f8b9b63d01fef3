import type { Meters } from '../store/store.ts'

/** Calls `forget` with every meter that is removed from now on; one that only changes is not gone. */
export const whenGone = (meters: Pick<Meters, 'get' | 'onChange'>, forget: (meter: string) => void): void =>
  meters.onChange((meter) => {
    if (meters.get(meter) === undefined) forget(meter)
  })
