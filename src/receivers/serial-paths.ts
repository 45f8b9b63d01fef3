import { readdirSync } from 'node:fs'

const BY_ID = '/dev/serial/by-id'
const PLAIN = /^tty(?:USB|ACM|AMA)\d+$/

/** Serial devices of this machine: by the names that stay when they are plugged in elsewhere, where there are such. */
export function serialPaths(): readonly string[] {
  const byId = namesIn(BY_ID).map((name) => `${BY_ID}/${name}`)
  return byId.length > 0
    ? byId
    : namesIn('/dev')
        .filter((name) => PLAIN.test(name))
        .map((name) => `/dev/${name}`)
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}
