import { describe, expect, it } from 'vitest'
import { parseSource } from '../../src/cli/listen/source.ts'
import { here } from './cli.ts'

describe('a source as the command line names it', () => {
  it.each([
    ['lines:/dev/ttyUSB0:9600', { use: 'lines', at: '/dev/ttyUSB0', baudRate: 9600 }],
    ['im871a:/dev/ttyUSB0:115200:c1,t1', { use: 'im871a', at: '/dev/ttyUSB0', baudRate: 115_200, modes: ['c1', 't1'] }],
    ['/dev/ttyUSB0:rawtty:19200', { use: 'raw', at: '/dev/ttyUSB0', baudRate: 19_200 }],
    ['mast=/dev/ttyUSB0:im871a:115200:c1', { name: 'mast', use: 'im871a', at: '/dev/ttyUSB0', baudRate: 115_200, modes: ['c1'] }],
    ['im871a:c1,t1', { use: 'im871a', at: null, modes: ['c1', 't1'] }],
    ['auto:c1', { use: 'auto', at: null, modes: ['c1'] }],
    ['hex:tcp://box:9600', { use: 'hex', at: 'tcp://box:9600' }],
  ])('%s', (text, source) => {
    expect(parseSource(text)).toEqual(source)
  })

  it.each([
    ['/dev/ttyUSB0', /^"\/dev\/ttyUSB0" is no type of receiver; did you mean auto:\/dev\/ttyUSB0\?/],
    ['mqtt://box/topic', /"mqtt" is no type of receiver; did you mean hex:mqtt:\/\/box\/topic\?/],
    ['-', /^"-" is no type of receiver; did you mean hex:-\?/],
    ['lines:/dev/null:12', /"12" is no speed of a serial port/],
    ['auto:/dev/null:9600:c1', /auto asks every stick at its usual speed/],
  ])('%s: says what to write', (text, expected) => {
    expect(() => parseSource(text)).toThrow(expected)
  })

  it('that is a program of which nothing comes: its last words are told', async () => {
    const { status, stderr } = await here('listen', "hex:exec:echo 'no such stick' >&2")
    expect([status, stderr]).toEqual([0, expect.stringMatching(/ended, and nothing came of it: no such stick\n/)])
  })

  it('of which there is none, nor a configuration: says how to listen without a daemon', async () => {
    expect(await here('--config', '/no/such/file', 'listen')).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/No daemon to ask: \/no\/such\/file: no such file\. To listen without it: {2}varmesky listen auto/),
    })
  })
})
