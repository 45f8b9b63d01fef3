import { parse, Submit } from 'node-pdu'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { type Asked, type Asking, type AskingParts, openAsking } from '../../src/sms/asking.ts'
import { submitPdu } from '../../src/sms/pdu/submit.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
let clock: ManualClock
let asked: string[]
let noted: Map<string, Asked>
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
    asked: { get: (meter) => noted.get(meter), put: (meter, value) => void noted.set(meter, value) },
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
/** Minute by minute: what a question came to is known a moment after it was sent. */
const passes = async (ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += MINUTE_MS) {
    clock.advance(MINUTE_MS)
    await Promise.resolve()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
beforeEach(() => {
  clock = manualClock(Date.parse('2026-11-24T04:00:00Z'))
  asked = []
  noted = new Map()
  sent = null
})

describe('asking', () => {
  it('asks every meter once a day, at its own moment, and again where it does not answer', async () => {
    open()
    await passes(HOUR_MS + 60_000)
    expect(asked).toEqual([])
    await passes(35 * 60_000)
    expect(asked).toEqual(['KAM-1', 'KAM-2'])
    asking.answered('KAM-1')
    await passes(2 * HOUR_MS)
    expect(asked).toEqual(['KAM-1', 'KAM-2', 'KAM-2'])
    expect(asking.state()).toEqual({ sent: 3, answered: 1, unanswered: 1, waiting: 0 })
    await passes(24 * HOUR_MS)
    expect(asked).toHaveLength(7)
  })

  it('asks nobody twice a day because of a restart', async () => {
    open()
    await passes(3 * HOUR_MS)
    asking.stop()
    expect(asked).toEqual(['KAM-1', 'KAM-2', 'KAM-1', 'KAM-2'])
    open()
    await passes(3 * HOUR_MS)
    expect(asked).toHaveLength(4)
  })

  it('asks after a restart those whose question was not sent yet, and no others', async () => {
    const moments = [0.1, 0.9]
    open({ random: () => moments.shift()! })
    await passes(1.5 * HOUR_MS)
    expect(asked).toEqual(['KAM-1'])
    asking.answered('KAM-1')
    asking.stop()
    open()
    await passes(45 * MINUTE_MS)
    expect(asked).toEqual(['KAM-1', 'KAM-2'])
    await passes(24 * HOUR_MS)
    expect(asked.slice(2, 4)).toEqual(['KAM-2', 'KAM-1'])
  })

  it('waits after a restart for the answer, and asks as often again as it would have', async () => {
    open({ meters: () => ['KAM-1', 'KAM-2'] })
    await passes(1.6 * HOUR_MS)
    asking.stop()
    open()
    asking.answered('KAM-1')
    expect(asking.state()).toMatchObject({ sent: 0, answered: 1 })
    await passes(3 * HOUR_MS)
    expect(asked).toEqual(['KAM-1', 'KAM-2', 'KAM-2'])
    expect(asking.state()).toMatchObject({ sent: 1, answered: 1, unanswered: 1, waiting: 0 })
  })

  it.each<[string, AskingParts['send']]>([
    ['has yet to send', () => new Promise(() => {})],
    ['did not confirm', async () => false],
  ])('asks after a restart what the modem %s', async (_, send) => {
    open({ meters: () => ['KAM-1'], send })
    await passes(1.7 * HOUR_MS)
    expect([asked, asking.state()]).toEqual([[], { sent: 1, answered: 0, unanswered: 0, waiting: 1 }])
    asking.stop()
    open({ meters: () => ['KAM-1'], random: () => 0.1 })
    await passes(20 * MINUTE_MS)
    expect(asked).toEqual(['KAM-1'])
  })

  it('stays within the questions of a day through restarts', async () => {
    const moments = [0.1, 0.9]
    open({ perDay: 1, random: () => moments.shift()! })
    await passes(1.2 * HOUR_MS)
    asking.stop()
    open({ perDay: 1 })
    await passes(3 * HOUR_MS)
    expect(asked).toEqual(['KAM-1'])
  })

  it('sends nothing that the disk does not let it count, and tries again', async () => {
    let refuse = true
    const sentToday = {
      get: () => sent,
      set(value: string | null) {
        if (refuse) throw new Error('the disk is full')
        sent = value
      },
    }
    open({ sentToday })
    await passes(2 * HOUR_MS)
    expect(asked).toEqual([])
    refuse = false
    await passes(6 * MINUTE_MS)
    expect(asked).toEqual(['KAM-1', 'KAM-2'])
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
