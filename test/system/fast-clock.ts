import { type Clock, scaledClock } from '../../src/clock.ts'

/** Where fast time stood at a moment of the world, and how fast it runs. */
export interface FastTime {
  readonly factor: number
  readonly utcMs: number
  readonly worldMs: number
}

/** Every process that reckons from the same `FastTime` has the same time, also after a restart. */
export const fastClock = ({ factor, utcMs, worldMs }: FastTime): Clock => scaledClock(factor, utcMs + (Date.now() - worldMs) * factor)
