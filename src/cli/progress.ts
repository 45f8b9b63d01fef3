import { SingleBar } from 'cli-progress'

export interface Progress {
  add(amount: number): void
  stop(): void
}

/** A bar on standard error where a person watches; nothing elsewhere. */
export function progress(total: number): Progress {
  if (process.stderr.isTTY !== true || total === 0) return { add() {}, stop() {} }
  const bar = new SingleBar({ stream: process.stderr, clearOnComplete: true, format: '{bar} {percentage} %  {eta_formatted} left' })
  bar.start(total, 0)
  return { add: (amount) => bar.increment(amount), stop: () => bar.stop() }
}
