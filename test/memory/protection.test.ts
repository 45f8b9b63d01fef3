import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closedBy, FINDINGS, type Finding, type Protection, protection } from '../../src/memory/protection.ts'
import { type Rig, rig } from '../support/pipeline.ts'
import { hex, integer, record, type Sender, shortHeader, stripped } from '../support/telegrams.ts'

const KEY = hex('7B1F4C0E93A85D26F0E41B8837C9D562')
const OTHER = hex('00112233445566778899AABBCCDDEEFF')
const sender = (n: number): Sender => ({ manufacturer: 'VMY', id: String(10_000_000 + n), version: 1, type: 0x04 })
const name = (n: number): string => `VMY-${10_000_000 + n}`

let r: Rig
let seen: Protection
const start = (most = 10): void => {
  seen = protection(most)
  r = rig({ observers: [seen] })
  r.store.meters.put([{ meter: name(1), key: KEY }, { meter: name(2) }])
}
beforeEach(() => start())
afterEach(() => r.close())

let accessNumber = 0
const hear = (n: number, key?: Uint8Array) => {
  r.clock.advance(1_000)
  return r.hear(
    stripped(sender(n), shortHeader(sender(n), record('0406', integer(5, 4)), { ...(key && { key }), accessNumber: accessNumber++ % 256 })),
  )
}
const found = (n: number): Finding[] => FINDINGS.filter((finding) => seen.meters.get(name(n))?.[finding] !== undefined)

describe('what telegrams tell of their protection', () => {
  it.each([
    ['is opened', 1, KEY, ['opened']],
    ['has another key', 1, OTHER, ['wrong-key']],
    ['is plain although the meter has a key', 1, undefined, ['plain']],
    ['is encrypted and the meter has no key', 2, KEY, ['no-key']],
    ['is plain and the meter has no key', 2, undefined, ['plain']],
    ['is of nobody’s meter', 3, KEY, []],
  ] as const)('one that %s', (_, n, key, expected) => {
    hear(n, key)
    expect(found(n)).toEqual(expected)
  })

  it('one that is damaged tells nothing', () => {
    const whole = stripped(sender(1), shortHeader(sender(1), record('0406', integer(5, 4)), { key: KEY }))
    r.hear(whole.subarray(0, 16))
    expect(found(1)).toEqual([])
  })

  it('closed is who was not opened since', () => {
    const closed = () => closedBy(seen.meters.get(name(1)) ?? {})
    expect(closed()).toBe(null)
    hear(1, OTHER)
    expect(closed()).toBe('wrong-key')
    hear(1, KEY)
    expect(closed()).toBe(null)
    hear(1, OTHER)
    expect(closed()).toBe('wrong-key')
    seen.forget(name(1))
    expect(closed()).toBe(null)
  })

  it('of so many meters and no more', () => {
    r.close()
    start(1)
    hear(1, OTHER)
    hear(2, KEY)
    hear(1, KEY)
    expect([found(1), found(2)]).toEqual([['opened', 'wrong-key'], []])
  })
})
