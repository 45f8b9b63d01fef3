/** What safe mode leaves out. */
import type { Mode } from '../control/modes.ts'
import type { Sink } from '../sinks/sink.ts'

export interface Beginning {
  readonly mode: Mode
  /** Starts before this one that did not live. */
  readonly failed: number
}

/** A sink that keeps its name, so that nothing counts as delivered, and does not open. */
const closed = ({ name }: Sink): Sink => {
  const why = new Error('the daemon is in safe mode and sends nothing: varmesky doctor')
  return { name, open: () => Promise.reject(why), send: () => Promise.reject(why), close: () => Promise.resolve() }
}

export const sinksIn = (mode: Mode, sinks: readonly Sink[]): readonly Sink[] => (mode === 'store-only' ? sinks.map(closed) : sinks)
