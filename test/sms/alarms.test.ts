import { describe, expect, it } from 'vitest'
import { smsAlarms } from '../../src/sms/alarms.ts'
import { healthOf, type ModemHealth, stateAtStart } from '../../src/sms/modem/state.ts'

const MINUTE = 60_000
const modem = (some: Partial<ModemHealth>): ModemHealth => ({ ...healthOf('/dev/ttyUSB2', stateAtStart()), state: 'receiving', ...some })

describe('a modem', () => {
  it('that receives with room left is nothing to tell of', () => {
    expect(smsAlarms(0)(modem({ storage: { memory: 'SM', used: 7, total: 10 } }), 60 * MINUTE)).toEqual({})
  })

  it('is told of once it has not received for ten minutes, with why', () => {
    const alarms = smsAlarms(0)
    const away = modem({ state: 'setting up', trouble: 'there is no SIM: put one in' })
    expect(alarms(away, 9 * MINUTE)).toEqual({})
    expect(alarms(away, 10 * MINUTE)).toEqual({ 'sms.modem': { why: 'there is no SIM: put one in' } })
    expect(alarms(modem({}), 11 * MINUTE)).toEqual({})
    expect(alarms(away, 20 * MINUTE)).toEqual({})
    expect(alarms(away, 21 * MINUTE)).toMatchObject({ 'sms.modem': {} })
  })

  it('is told of once it has been without a network for ten minutes', () => {
    const alarms = smsAlarms(0)
    const denied = modem({ registration: 'denied', trouble: 'the network does not let it in' })
    expect(alarms(modem({ registration: 'roaming' }), 5 * MINUTE)).toEqual({})
    expect(alarms(denied, 14 * MINUTE)).toEqual({})
    expect(alarms(denied, 15 * MINUTE)).toMatchObject({ 'sms.modem': { why: 'the network does not let it in' } })
  })

  it('is told of while its storage is almost full', () => {
    const storage = { memory: 'SM', used: 8, total: 10 }
    expect(smsAlarms(0)(modem({ storage }), MINUTE)).toEqual({ 'sms.storage-full': storage })
  })
})
