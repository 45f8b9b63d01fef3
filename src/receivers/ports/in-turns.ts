import type { Readable } from 'node:stream'

/** Some twenty telegrams. */
const PIECE = 4096
const NOTHING = new Uint8Array(0)

/**
 * One small piece per turn of the event loop. Left to itself Node takes 2 MiB in a row from a source that has more than can be decoded,
 * and a stick beside it, whose own buffer holds a third of a second, loses bytes meanwhile. Returns how to leave off.
 */
export function inTurns(stream: Readable, data: (bytes: Uint8Array) => void): () => void {
  let rest: Uint8Array = NOTHING
  let turn: NodeJS.Immediate | undefined
  const take = (bytes: Uint8Array): void => {
    stream.pause()
    rest = bytes.subarray(PIECE)
    turn = setImmediate(() => (rest.length > 0 ? take(rest) : stream.resume()))
    data(bytes.subarray(0, PIECE))
  }
  // A stream ends when its last bytes were handed over, and so before they were taken.
  const last = (): void => {
    clearImmediate(turn)
    const bytes = rest
    rest = NOTHING
    if (bytes.length > 0) data(bytes)
  }
  stream.on('data', take).on('end', last).on('close', last)
  return () => {
    stream.off('data', take).off('end', last).off('close', last)
    clearImmediate(turn)
  }
}
