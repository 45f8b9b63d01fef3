/** Between the simulator and the gateway: telegrams as bytes on a pipe, figures as JSON lines back. */

/** What the gateway says at the end of a day. */
export interface Told {
  readonly utcMs: number
  /** Messages stored since its start. */
  readonly stored: number
  readonly outcomes: Readonly<Record<string, number>>
  /** The most it had. */
  readonly rssBytes: number
  /** To the disk, since its start. */
  readonly writtenBytes: number
  readonly fileBytes: number
}

/** A telegram heard at a moment, or without bytes: the day is over. */
export interface Packet {
  readonly utcMs: number
  readonly receiver: number
  readonly crc: 'A' | 'B'
  readonly bytes: Uint8Array | null
}

/** Time (8), receiver (1), CRC layout (1), length (2), then the telegram. */
const HEAD = 12
const LAYOUTS = ['A', 'B'] as const

export const packed = ({ utcMs, receiver, crc, bytes }: Packet): Buffer => {
  const packet = Buffer.alloc(HEAD + (bytes?.length ?? 0))
  packet.writeDoubleLE(utcMs, 0)
  packet.writeUInt8(receiver, 8)
  packet.writeUInt8(LAYOUTS.indexOf(crc), 9)
  packet.writeUInt16LE(bytes?.length ?? 0, 10)
  if (bytes) packet.set(bytes, HEAD)
  return packet
}

export async function* unpack(stream: AsyncIterable<Buffer>): AsyncGenerator<Packet> {
  let left: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    left = left.length === 0 ? chunk : Buffer.concat([left, chunk])
    let at = 0
    while (left.length - at >= HEAD) {
      const length = left.readUInt16LE(at + 10)
      if (left.length - at < HEAD + length) break
      const bytes = length === 0 ? null : Uint8Array.from(left.subarray(at + HEAD, at + HEAD + length))
      yield { utcMs: left.readDoubleLE(at), receiver: left[at + 8]!, crc: LAYOUTS[left[at + 9]!]!, bytes }
      at += HEAD + length
    }
    left = left.subarray(at)
  }
}
