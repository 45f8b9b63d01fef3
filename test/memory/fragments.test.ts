import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fragmentedMessages } from '../../src/memory/fragments.ts'
import type { Datagram } from '../../src/wmbus/datagram.ts'
import { address, frame, open, reassembled } from '../../src/wmbus/decode.ts'
import { aesKey } from '../../src/wmbus/security.ts'
import { afl, derive, macOf, mode7 } from '../support/sessions.ts'
import { dib, ellPlain, ellSession, hex, integer, join, noHeader, record, type Sender, stripped } from '../support/telegrams.ts'

const METER: Sender = { manufacturer: 'ELS', id: '12345678', version: 0x33, type: 0x04 }
const OTHER: Sender = { ...METER, id: '00000002' }
const KEY = hex('000102030405060708090A0B0C0D0E0F')
const COUNTER = 0x0ab3
const MINUTE = 60_000

const heardAt = (monotonicMs: number) => ({ bootId: 'boot', monotonicMs, utcMs: null })
const received = (content: Uint8Array, sender = METER): Datagram => address(frame(stripped(sender, content), 'stripped'))
const memory = () => fragmentedMessages(MINUTE, 8)

/** As many volumes: 0, 1, 2 … in storage 0, 1, 2 … */
const records = (count: number): Uint8Array =>
  join(...Array.from({ length: count }, (_, i) => record(join(dib({ coding: 4, storage: i }), [0x13]), integer(i, 4))))

/** The message cut at these places: counter and kind of code come with the first fragment, the code and the length with the last. */
function fragmentsOf(message: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const control = { control: 0x25, counter: COUNTER }
  const mac = macOf({ ...control, length: message.length }, message, derive(KEY, 1, COUNTER, METER)).subarray(0, 8)
  const ends = [...cuts, message.length]
  return ends.map((end, i) => {
    const last = i === ends.length - 1
    const fields = { ...(i === 0 ? control : {}), ...(last ? { mac, length: message.length } : { more: true }), fragment: i + 1 }
    return join(afl(fields), message.subarray(ends[i - 1] ?? 0, end))
  })
}
const MESSAGE = mode7(records(30), derive(KEY, 0, COUNTER, METER))
const THREE = fragmentsOf(MESSAGE, [80, 160])

describe('fragmented messages', () => {
  it('come together wherever they are cut, and their code is right', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: MESSAGE.length - 1 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(cuts, (unsorted) => {
        const messages = memory()
        const sent = fragmentsOf(
          MESSAGE,
          unsorted.sort((a, b) => a - b),
        )
        for (const [i, content] of sent.entries()) {
          const d = received(ellPlain(content))
          expect(d.fault).toBe('afl.fragment')
          const whole = messages.add(d, heardAt(i))
          if (i < sent.length - 1) expect(whole).toBeNull()
          else {
            const opened = open(reassembled(d, whole!), aesKey(KEY))
            expect(opened).toMatchObject({ fault: null, mac: 'right', encryption: 'aes-cbc', messageCounter: COUNTER })
            expect(opened.records.map((r) => r.raw)).toEqual(Array.from({ length: 30 }, (_, n) => n))
          }
        }
        expect(messages.size()).toBe(0)
      }),
    )
  })

  it('may be longer than any frame', () => {
    const message = noHeader(records(400))
    const fragments = fragmentsOf(
      message,
      Array.from({ length: Math.ceil(message.length / 200) - 1 }, (_, i) => 200 * (i + 1)),
    )
    const messages = memory()
    const wholes = fragments.map((content) => {
      const d = received(content)
      const whole = messages.add(d, heardAt(0))
      return whole && open(reassembled(d, whole), aesKey(KEY))
    })
    expect(wholes.at(-1)).toMatchObject({ fault: null, mac: 'right' })
    expect(wholes.at(-1)!.records).toHaveLength(400)
  })

  it('may come in an encrypted extended link layer, every fragment of them', () => {
    const messages = memory()
    const sealed = fragmentsOf(noHeader(records(20)), [50]).map((content) => ellSession(METER, content, { key: KEY, session: 7 }))
    const plain = fragmentsOf(noHeader(records(20)), [50]).map((content) => ellSession(METER, content, { session: 7 }))
    const opened = (content: Uint8Array) => open(received(content), aesKey(KEY))
    const [first, last] = [opened(sealed[0]!), opened(sealed[1]!)]
    expect([first.fault, last.fault]).toEqual(['afl.fragment', 'afl.fragment'])
    expect(messages.add(first, heardAt(0))).toBeNull()
    const whole = open(reassembled(last, messages.add(last, heardAt(1))!), aesKey(KEY))
    expect(whole).toMatchObject({ fault: null, encryption: 'ell-ctr', mac: 'right' })
    expect(whole.records.every((r) => r.protected)).toBe(true)
    messages.add(first, heardAt(2))
    expect(messages.add(opened(plain[1]!), heardAt(3))).toBeNull()
  })

  it('are held for each sender apart', () => {
    const messages = memory()
    const add = (content: Uint8Array, sender: Sender) => messages.add(received(content, sender), heardAt(0))
    for (const content of THREE.slice(0, 2)) for (const sender of [METER, OTHER]) expect(add(content, sender)).toBeNull()
    expect(messages.size()).toBe(2)
    expect(add(THREE[2]!, OTHER)).not.toBeNull()
    expect(add(THREE[2]!, METER)).not.toBeNull()
  })

  it.each([
    ['one is missing', [0, 2]],
    ['the first is missing', [1, 2]],
    ['they come out of order', [0, 2, 1]],
    ['the first comes again', [0, 1, 0, 2]],
  ])('are given up when %s', (_, order) => {
    const messages = memory()
    for (const i of order) expect(messages.add(received(THREE[i]!), heardAt(0))).toBeNull()
  })

  it('do not mind one fragment heard twice', () => {
    const messages = memory()
    const wholes = [0, 1, 1, 2].map((i) => messages.add(received(THREE[i]!), heardAt(0)))
    expect(wholes.map((whole) => whole !== null)).toEqual([false, false, false, true])
  })

  it('are given up when the counter is another', () => {
    const messages = memory()
    messages.add(received(THREE[0]!), heardAt(0))
    const other = join(afl({ counter: COUNTER + 1, fragment: 2 }), MESSAGE.subarray(80))
    expect(messages.add(received(other), heardAt(0))).toBeNull()
    expect(messages.size()).toBe(0)
  })

  it('are given up after a minute', () => {
    for (const [lastAt, comes] of [
      [MINUTE, true],
      [MINUTE + 1, false],
    ] as const) {
      const messages = memory()
      messages.add(received(THREE[0]!), heardAt(0))
      messages.add(received(THREE[1]!), heardAt(MINUTE - 1))
      expect(messages.add(received(THREE[2]!), heardAt(lastAt)) !== null).toBe(comes)
    }
  })

  it('are bounded in number and length', () => {
    const messages = memory()
    for (let i = 0; i < 100; i++) messages.add(received(THREE[0]!, { ...METER, id: String(i).padStart(8, '0') }), heardAt(i))
    expect(messages.size()).toBe(8)
    const long = memory()
    for (let fragment = 1; fragment < 90; fragment++) {
      const whole = long.add(received(join(afl({ fragment, more: true }), new Uint8Array(200))), heardAt(0))
      expect(whole).toBeNull()
    }
    expect(long.size()).toBe(0)
  })

  it('take nothing but fragments', () => {
    expect(memory().add(received(noHeader(records(1))), heardAt(0))).toBeNull()
  })
})
