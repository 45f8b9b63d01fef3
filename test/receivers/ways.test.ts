import { describe, expect, it } from 'vitest'
import { canBeSpokenTo, isPlace } from '../../src/config/place.ts'
import { wayOf } from '../../src/receivers/ways.ts'

/** Where the bytes of a receiver come from: as the configuration lets it pass, and as it is opened. */
describe('a place', () => {
  it.each([
    ['/dev/serial/by-id/usb-x', 'one', true],
    ['tcp://10.0.4.7:9000', 'one', true],
    ['tcp://[fe80::1]:9000', 'one', true],
    ['stdin', 'one', false],
    ['exec:rtl_sdr -f 868.95M - | rtl_wmbus', 'one', false],
    ['tcp-listen://:9000', 'many', false],
    ['tcp-listen://0.0.0.0:9000', 'many', false],
    ['tcp-listen://[::1]:9000', 'many', false],
    ['udp://:9000', 'many', false],
    ['udp://roof.lan:9000', 'many', false],
    ['mqtt://broker.lan/roof/+/wmbus', 'many', false],
    ['mqtts://broker.lan:8884/#', 'many', false],
  ])('%s', (place, from, twoWay) => {
    const way = wayOf(place)
    expect([isPlace(place), canBeSpokenTo(place)]).toEqual([true, twoWay])
    expect([way?.from, way?.from === 'one' && way.takesRequests]).toEqual([from, twoWay])
  })

  it.each([
    '',
    'ttyUSB0',
    'tcp://host',
    'tcp://:9000',
    'tcp://me:pw@host:9000',
    'udp://host',
    'mqtt://broker',
    'mqtt://me:pw@broker/t',
    'exec:',
    'http://x:1',
  ])('not: %s', (place) => {
    expect([isPlace(place), wayOf(place)]).toEqual([false, null])
  })
})
