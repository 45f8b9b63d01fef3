import { parse, Submit } from 'node-pdu'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { type Asking, type AskingParts, openAsking } from '../../src/sms/asking.ts'
import { submitPdu } from '../../src/sms/pdu/submit.ts'

const HOUR_MS = 3_600_000
let clock: ManualClock
let asked: string[]
let day: string | null
let sent: string | null
let asking: Asking

const open = (some: Partial<AskingParts> = {}): void => {
  asking = openAsking({
    schedule: { at: '05:00', jitterMs: HOUR_MS, retries: 1 },
    perDay: 10,
    clock,
    log: silentLog,
    meters: () => ['KAM-1', 'KAM-2'],
    async send(meter) {
      asked.push(meter)
      return true
    },
    now: () => ({ day: new Date(clock.utcMs()!).toISOString().slice(0, 10), time: new Date(clock.utcMs()!).toISOString().slice(11, 16) }),
    lastDay: {
      get: () => day,
      set(value) {
        day = value
      },
    },
    sentToday: {
      get: () => sent,
      set(value) {
        sent = value
      },
    },
    random: () => 0.5,
    ...some,
  })
}
beforeEach(() => {
  clock = manualClock(Date.parse('2026-11-24T04:00:00Z'))
  asked = []
  day = null
  sent = null
})

describe('asking', () => {
  it('asks every meter once a day, at its own moment, and again where it does not answer', () => {
    open()
    clock.advance(HOUR_MS + 60_000)
    expect(asked).toEqual([])
    clock.advance(35 * 60_000)
    expect(asked).toEqual(['KAM-1', 'KAM-2'])
    asking.answered('KAM-1')
    clock.advance(2 * HOUR_MS)
    expect(asked).toEqual(['KAM-1', 'KAM-2', 'KAM-2'])
    expect(asking.state()).toEqual({ sent: 3, answered: 1, unanswered: 1, waiting: 0 })
    clock.advance(24 * HOUR_MS)
    expect(asked).toHaveLength(7)
  })

  it('asks nobody twice a day because of a restart', () => {
    open()
    clock.advance(3 * HOUR_MS)
    asking.stop()
    const before = asked.length
    open()
    clock.advance(3 * HOUR_MS)
    expect(asked).toHaveLength(before)
  })

  it('is off without a schedule, and asks who is named', async () => {
    open({ schedule: null })
    clock.advance(48 * HOUR_MS)
    expect(asked).toEqual([])
    expect(await asking.ask('KAM-1')).toBe('asked')
    expect(asked).toEqual(['KAM-1'])
  })

  it('sends no more than may be sent on a day, restarts or not', async () => {
    open({ schedule: null, perDay: 2 })
    expect([await asking.ask('KAM-1'), await asking.ask('KAM-2'), await asking.ask('KAM-1')]).toEqual(['asked', 'asked', 'limit'])
    asking.stop()
    open({ schedule: null, perDay: 2 })
    expect(await asking.ask('KAM-1')).toBe('limit')
    clock.advance(24 * HOUR_MS)
    expect(await asking.ask('KAM-1')).toBe('asked')
  })

  it('says where it was not sent', async () => {
    open({ schedule: null, send: async () => false })
    expect(await asking.ask('KAM-1')).toBe('not sent')
  })
})

describe('a message to be sent', () => {
  it('is the same to node-pdu', () => {
    const { pdu, length } = submitPdu('+4520123456', '=READ_HEAT_METER#')!
    const read = parse(pdu) as Submit
    expect(read).toBeInstanceOf(Submit)
    expect([read.address.phone, read.data.getText()]).toEqual(['4520123456', '=READ_HEAT_METER#'])
    expect(length).toBe(pdu.length / 2 - 1)
  })

  it('fits into one, to a number', () => {
    expect(submitPdu('+4520123456', 'x'.repeat(161))).toBeNull()
    expect(submitPdu('Kamstrup', 'x')).toBeNull()
    expect(submitPdu('+4520123456', '³')).toBeNull()
  })
})
