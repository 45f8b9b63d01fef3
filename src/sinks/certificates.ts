import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { Cancel, Clock } from '../clock.ts'

/** A certificate of the line to the broker, its own or ours. */
export interface Certificate {
  readonly whose: 'broker' | 'gateway'
  readonly subject: string
  readonly issuer: string
  /** Milliseconds since 1970 UTC. */
  readonly notAfterMs: number
}

const LOOK_MS = 60_000
const DAY_MS = 86_400_000
const WARN_MS = 30 * DAY_MS

const nameOf = (parts: object): string =>
  Object.entries(parts)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')

/** What the broker shows, its own first, then who signed it. */
export const chainOf = (tls: TLSSocket): readonly Certificate[] => {
  const chain: Certificate[] = []
  const seen = new Set<string>()
  let next: DetailedPeerCertificate | undefined = tls.getPeerCertificate(true)
  while (next?.fingerprint256 && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256)
    chain.push({ whose: 'broker', subject: nameOf(next.subject), issuer: nameOf(next.issuer), notAfterMs: Date.parse(next.valid_to) })
    next = next.issuerCertificate
  }
  return chain
}

/** Our own, or null where there is none or it cannot be read. */
export const ownCertificate = (path: string | undefined): Certificate | null => {
  if (path === undefined) return null
  try {
    const { subject, issuer, validTo } = new X509Certificate(readFileSync(path))
    const name = (text: string): string => text.split('\n').join(', ')
    return { whose: 'gateway', subject: name(subject), issuer: name(issuer), notAfterMs: Date.parse(validTo) }
  } catch {
    return null
  }
}

/** Those that run out within 30 days, or have. */
const expiring = (certificates: readonly Certificate[], utcMs: number | null): readonly Certificate[] =>
  utcMs === null ? [] : certificates.filter(({ notAfterMs }) => notAfterMs - utcMs < WARN_MS)

export interface WatchParts {
  readonly clock: Clock
  readonly tls: TLSSocket
  readonly paths: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  /** A file has changed: what was read from it at the start of this line is out of date. */
  changed(name: string): void
  /** Told at once, and once a day, if there are any. */
  expires(certificates: readonly Certificate[]): void
}

/** Looks after the certificates of one line until it is cancelled. */
export const watchCertificates = ({ clock, tls, paths, changed, expires }: WatchParts): Cancel => {
  const files = Object.entries(paths).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const before = files.map(([, path]) => stampOf(path))
  const chain = chainOf(tls)
  let nextMs = Number.NEGATIVE_INFINITY
  const look = (): void => {
    const name = files.find(([, path], i) => ![null, before[i]].includes(stampOf(path)))?.[0]
    if (name !== undefined) {
      cancel()
      changed(name)
      return
    }
    const utcMs = clock.utcMs()
    if (utcMs === null || clock.monotonicMs() < nextMs) return
    nextMs = clock.monotonicMs() + DAY_MS
    const own = ownCertificate(paths.cert)
    const soon = expiring([...chain, ...(own ? [own] : [])], utcMs)
    if (soon.length > 0) expires(soon)
  }
  const cancel = clock.every(LOOK_MS, look)
  look()
  return cancel
}

/** What differs once a file was replaced or written to. A file that is being replaced may be missing for a moment: that is no change yet. */
const stampOf = (path: string): string | null => {
  try {
    const { mtimeMs, size, ino } = statSync(path)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return null
  }
}
