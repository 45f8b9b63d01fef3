import type { Readable } from 'node:stream'

/**
 * One piece (64 KiB at most) per turn of the event loop. Left to itself Node takes up to 32 in a row from a source that has more than can
 * be decoded, and a stick beside it, whose own buffer holds a third of a second, loses bytes meanwhile. Returns how to leave off.
 */
export function inTurns(stream: Readable, data: (bytes: Uint8Array) => void): () => void {
  let resuming: NodeJS.Immediate | undefined
  const take = (bytes: Uint8Array): void => {
    stream.pause()
    resuming = setImmediate(() => stream.resume())
    data(bytes)
  }
  stream.on('data', take)
  return () => {
    stream.off('data', take)
    clearImmediate(resuming)
  }
}
