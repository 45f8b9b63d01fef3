import { readdirSync, realpathSync } from 'node:fs'

/** Names that stay: those of the device itself, then those of the socket it is plugged into, which tell two equal sticks apart. */
const STABLE = ['serial/by-id', 'serial/by-path']
const PLAIN = /^tty(?:USB|ACM|AMA)\d+$/

/** Serial devices of this machine, each by the name that stays the longest. `dev`: where devices are. */
export function serialPaths(dev = '/dev'): readonly string[] {
  const plain = namesIn(dev)
    .filter((name) => PLAIN.test(name))
    .map((name) => `${dev}/${name}`)
  const seen = new Set<string>()
  return [...STABLE.flatMap((kind) => namesIn(`${dev}/${kind}`).map((name) => `${dev}/${kind}/${name}`)), ...plain].filter((path) => {
    const device = deviceOf(path)
    if (device === null || seen.has(device)) return false
    seen.add(device)
    return true
  })
}

/** The name that stays of a device that somebody named otherwise. */
export const stablePath = (path: string, dev = '/dev'): string =>
  serialPaths(dev).find((stable) => deviceOf(stable) !== null && deviceOf(stable) === deviceOf(path)) ?? path

/** Which device a path leads to now; null where there is none. Two names may lead to one. */
export function deviceOf(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}
