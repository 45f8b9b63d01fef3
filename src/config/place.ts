/** Where the bytes of a receiver come from, as it is written; `receivers/ways.ts` opens them. */
const HOST = String.raw`(?:[^/@:\s]+|\[[0-9a-f:.]+\])`
const PORT = String.raw`:\d{1,5}`

/** Places that can be spoken to: a stick may be there. */
const TWO_WAY = [/^\//, new RegExp(`^tcp://${HOST}${PORT}$`, 'i')]
const ONE_WAY = [
  /^stdin$/,
  /^exec:\s*\S/,
  new RegExp(`^(?:tcp-listen|udp)://${HOST}?${PORT}$`, 'i'),
  new RegExp(`^mqtts?://${HOST}(?:${PORT})?/\\S+$`, 'i'),
]

const isAny = (patterns: readonly RegExp[], place: string): boolean => patterns.some((pattern) => pattern.test(place))

export const isPlace = (place: string): boolean => isAny([...TWO_WAY, ...ONE_WAY], place)
export const canBeSpokenTo = (place: string): boolean => isAny(TWO_WAY, place)
export const isTopic = (place: string): boolean => /^mqtts?:/i.test(place)

export const NO_PLACE =
  'must be a device path (/dev/serial/by-id/…), tcp://host:port, tcp-listen://address:port, udp://address:port, mqtt://host/topic, exec:command or stdin'
