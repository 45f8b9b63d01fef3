import { describe, expect, it } from 'vitest'
import type { Dialect, DialectContext } from '../../src/receivers/dialect.ts'
import { amber } from '../../src/receivers/sticks/amber.ts'
import { cul } from '../../src/receivers/sticks/cul.ts'
import { ebi } from '../../src/receivers/sticks/ebi.ts'
import { iu891a } from '../../src/receivers/sticks/iu891a.ts'
import { rc1180 } from '../../src/receivers/sticks/rc1180.ts'
import { STICKS, type Stick } from '../../src/receivers/sticks/sticks.ts'
import type { LinkMode } from '../../src/wmbus/telegram.ts'
import { AMBER_PARAMETERS, amberEmulator, amberFrame } from './emulators/amber.ts'
import { culEmulator, text } from './emulators/cul.ts'
import { ebiEmulator, ebiFrame } from './emulators/ebi.ts'
import { answering, bytes, type Emulator } from './emulators/emulator.ts'
import { iu891aEmulator, slipFrame } from './emulators/iu891a.ts'
import { KINDS } from './emulators/kinds.ts'
import { rc1180Emulator } from './emulators/rc1180.ts'
import { speak } from './speaking.ts'
import { HEARD } from './vectors.ts'

type Build = (context: DialectContext, modes: readonly LinkMode[] | undefined) => Dialect
const built = (build: Build, modes?: readonly LinkMode[]): Dialect =>
  build({ receiver: 'mast', losses: { skipped: 0, badChecksums: 0 } }, modes)

/** The dialogue with an emulator: what was asked, the trouble, and the device as the dialect describes it. */
const met = (build: Build, emulator: Emulator, modes?: readonly LinkMode[]) => {
  const dialect = built(build, modes)
  return { ...speak(dialect, answering(emulator)), about: dialect.about?.(), dialect }
}
const lines = (asked: readonly string[]): string[] => asked.map((request) => Buffer.from(request, 'hex').toString('latin1'))
const nobody = (): null => null

describe('the dialogue with an iU891A', () => {
  const WAKE_UP = 'c0'.repeat(30)

  it('wakes it, asks who it is, and has it tell what it hears', () => {
    const emulator = iu891aEmulator()
    const { asked, trouble, about } = met(iu891a, emulator)
    expect(trouble).toBeNull()
    expect(asked).toEqual([WAKE_UP, 'c001030424c0', 'c00901d6c9c0', 'c0090303060000003200000000 0027b9c0'.replace(' ', '')])
    expect(about).toBe('iU891A-XL, hears C and T')
  })

  it('opens the filter and leaves the rest as it is', () => {
    const emulator = iu891aEmulator()
    answering(emulator)(slipFrame(0x09, 0x03, 0x02, 0x0d, 0x12, 0x34, 0x56, 0x78, 0x9a, 1, 2, 3, 4))
    met(iu891a, emulator)
    expect(emulator.config()).toBe('030E123456789A01020304')
  })

  it.each<[LinkMode[], string]>([
    [['c1', 't1'], '03'],
    [['t1'], '02'],
    [['c1'], '05'],
    [['s1'], '01'],
  ])('is set for %j', (modes, code) => {
    const emulator = iu891aEmulator()
    expect(met(iu891a, emulator, modes).trouble).toBeNull()
    expect(emulator.config().slice(0, 2)).toBe(code)
  })

  it('names what it cannot do, and what it can', () => {
    expect(met(iu891a, iu891aEmulator(), ['s1', 't1']).trouble).toBe(
      'iU891A-XL cannot hear [s1, t1] at once: set modes to one of [t1] [c1] [c1, t1] [s1]',
    )
  })

  it('does not take its LoRa sister for it', () => {
    expect(met(iu891a, iu891aEmulator({ module: 0x99 })).trouble).toMatch(/module type 99/)
  })

  it('says that the stick refused', () => {
    const dialect = built(iu891a)
    expect(speak(dialect, (request) => (request[1] === 1 ? slipFrame(0x01, 0x04, 0x02) : null)).trouble).toMatch(/refused.*status 2/)
  })

  it('asks whether it lives, and restarts it', () => {
    const { dialect } = met(iu891a, iu891aEmulator())
    const answer = answering(iu891aEmulator())
    expect(speak(dialect, answer, [dialect.alive!])).toEqual({ asked: ['c001011607c0'], trouble: null })
    expect(speak(dialect, answer, dialect.reset!)).toEqual({ asked: ['c001072062c0'], trouble: null })
  })
})

describe('the dialogue with an Amber stick', () => {
  it('writes into a factory-new stick once, restarts it, and sets the mode after that', () => {
    const emulator = amberEmulator()
    const { asked, trouble, about } = met(amber, emulator)
    expect(trouble).toBeNull()
    expect(asked).toEqual(['ff0a02008077', 'ff0b00f4', 'ff0903050101f0', 'ff0903450101b0', 'ff0500fa', 'ff040109f3'])
    expect(about).toBe('AMB8465/AMB8665, number 53005B0E, hears C2/T2-other')
    expect(emulator.mode()).toBe(0x09)
  })

  it('takes the signal strength off telegrams once it is told', () => {
    const emulator = amberEmulator()
    const { dialect } = met(amber, emulator)
    const telegram = bytes('0b44932631440700b51000720f')
    telegram[0] = telegram.length - 1
    expect(dialect.feed(emulator.telegram(telegram), HEARD)).toMatchObject([{ bytes: telegram, rssi: -50 }])
  })

  it('does not take for a telegram what is too short for one', () => {
    const { dialect } = met(amber, amberEmulator())
    expect([...dialect.feed(amberFrame(0x03, 9, ...bytes('449326314407003000')), HEARD), ...dialect.flush(HEARD)]).toEqual([])
  })

  it('never writes into one that is as it should be', () => {
    const emulator = amberEmulator(AMBER_PARAMETERS.inUse)
    expect(met(amber, emulator, ['c1']).asked).toEqual(['ff0a02008077', 'ff0b00f4', 'ff04010ef4'])
    expect(emulator.written()).toEqual([])
  })

  it.each<[LinkMode[], number]>([
    [['s1'], 0x03],
    [['t1'], 0x08],
    [['c1'], 0x0e],
    [['c1', 't1'], 0x09],
    [['r2'], 0x0b],
  ])('is set for %j', (modes, code) => {
    const emulator = amberEmulator(AMBER_PARAMETERS.inUse)
    expect(met(amber, emulator, modes).trouble).toBeNull()
    expect(emulator.mode()).toBe(code)
  })

  it('knows an AMB3665 by its parameters', () => {
    const emulator = amberEmulator(AMBER_PARAMETERS.amb3665)
    expect(met(amber, emulator, ['n1', 'n2'])).toMatchObject({ trouble: null, about: 'AMB3665, number 53005B0E, hears N2a' })
    expect(emulator.mode()).toBe(0x02)
    expect(met(amber, amberEmulator(AMBER_PARAMETERS.amb3665), ['t1']).trouble).toBe(
      'AMB3665 cannot hear [t1] at once: set modes to one of [n1, n2]',
    )
  })

  it('says so when it cannot be written', () => {
    const whole = answering(amberEmulator())
    const answer = (request: Uint8Array) => (request[1] === 0x09 ? amberFrame(0x89, 1, 1) : whole(request))
    expect(speak(built(amber), answer).trouble).toMatch(/could not write its parameter 5 \(status 1\)/)
  })

  it('passes over what real sticks set before an answer, and a telegram between', () => {
    const whole = answering(amberEmulator(AMBER_PARAMETERS.inUse))
    const telegram = amberFrame(0x03, 11, ...bytes('44932631440700b51000720f'))
    const answer = (request: Uint8Array) => Uint8Array.of(0xd5, 0xfe, ...telegram, ...whole(request))
    expect(speak(built(amber), answer).trouble).toBeNull()
  })

  it('asks whether it lives, and restarts it', () => {
    const { dialect } = met(amber, amberEmulator())
    const answer = answering(amberEmulator())
    expect(speak(dialect, answer, [dialect.alive!])).toEqual({ asked: ['ff0b00f4'], trouble: null })
    expect(speak(dialect, answer, dialect.reset!)).toEqual({ asked: ['ff0500fa'], trouble: null })
  })
})

describe('the dialogue with a CUL', () => {
  it('asks for its version, sets the mode, and has it report with signal strength', () => {
    const { asked, trouble, about } = met(cul, culEmulator())
    expect(trouble).toBeNull()
    expect(lines(asked)).toEqual(['V\n', 'brc\n', 'X21\n'])
    expect(about).toBe('CUL V 1.67 nanoCUL868_r568, hears C and T')
  })

  it('asks again when rubbish stood before the first question', () => {
    expect(lines(met(cul, culEmulator({ rubbish: '\x00\xff' }), ['t1']).asked)).toEqual(['V\n', 'V\n', 'brt\n', 'X21\n'])
    expect(speak(built(cul), nobody)).toMatchObject({
      asked: ['560a', '560a', '560a'],
      trouble: expect.stringMatching(/no answer from a CUL/),
    })
  })

  it.each<[LinkMode[], string]>([
    [['t1'], 'brt\n'],
    [['s1'], 'brs\n'],
    [['c1'], 'brc\n'],
    [['c1', 't1'], 'brc\n'],
  ])('is set for %j', (modes, command) => {
    expect(lines(met(cul, culEmulator(), modes).asked)).toEqual(['V\n', command, 'X21\n'])
  })

  it('does not ask a-culfw for mode C', () => {
    const a = { version: 'V 1.26.01 a-culfw', modes: ['brt', 'brs'] }
    expect(lines(met(cul, culEmulator(a)).asked)).toEqual(['V\n', 'brt\n', 'X21\n'])
    expect(met(cul, culEmulator(a), ['c1']).trouble).toBe(
      'this CUL (V 1.26.01 a-culfw) cannot hear [c1] at once: set modes to one of [t1] [s1]',
    )
  })

  it('takes the next best where the firmware was built without mode C', () => {
    const { asked, about, dialect } = met(cul, culEmulator({ modes: ['brt', 'brs'] }))
    expect(lines(asked)).toEqual(['V\n', 'brc\n', 'brt\n', 'X21\n'])
    expect(about).toMatch(/hears T$/)
    const again = speak(dialect, answering(culEmulator({ modes: ['brt', 'brs'] })))
    expect(lines(again.asked)).toEqual(['V\n', 'brc\n', 'brt\n', 'X21\n'])
    expect(met(cul, culEmulator({ modes: ['brt', 'brs'] }), ['c1']).trouble).toMatch(/cannot hear \[c1\].*\[t1\] \[s1\]/)
    expect(met(cul, culEmulator({ modes: [] })).trouble).toMatch(/has no wireless M-Bus/)
  })

  it('asks whether it lives', () => {
    const { dialect } = met(cul, culEmulator())
    expect(speak(dialect, () => text('V 1.67 nanoCUL868_r568\r\n'), [dialect.alive!])).toEqual({ asked: ['560a'], trouble: null })
    expect(dialect.reset).toBeUndefined()
  })
})

describe('the dialogue with an RC1180', () => {
  it('reads its memory, sets the mode in RAM, and lets it go on', () => {
    const emulator = rc1180Emulator()
    const { asked, trouble, about } = met(rc1180, emulator)
    expect(trouble).toBeNull()
    expect(asked.join(' ')).toBe('00 30 47 0a 58')
    expect(about).toBe('RC1180-MPC1 firmware 2.00, hears T1 and C')
    expect(emulator).toMatchObject({ mode: expect.anything() })
    expect([emulator.mode(), emulator.configuring()]).toEqual([10, false])
  })

  it('asks once more for a memory that came shifted by what was still on the wire', () => {
    const emulator = rc1180Emulator()
    const whole = answering(emulator)
    let dumps = 0
    const answer = (request: Uint8Array): Uint8Array => {
      const reply = whole(request)
      return request[0] === 0x30 && dumps++ === 0 ? Uint8Array.of(0x3e, ...reply) : reply
    }
    const { asked, trouble } = speak(built(rc1180), answer)
    expect([asked.join(' '), trouble]).toEqual(['00 30 30 47 0a 58', null])
  })

  it('reads it whole wherever it is cut, and asks again where a byte was lost', () => {
    for (const lost of [false, true]) {
      const emulator = rc1180Emulator()
      const dialect = built(rc1180, ['t1'])
      const [enter, dump] = dialect.dialogue
      if (!enter || !dump || !('request' in enter && 'request' in dump)) throw new Error('it begins with two questions')
      const reply = answering(emulator)(Uint8Array.of(...enter.request()!, ...dump.request()!))
      const memory = reply.subarray(1)
      const found: Uint8Array[] = []
      for (const byte of lost ? memory.subarray(1) : memory) dialect.feed(Uint8Array.of(byte), HEARD, (message) => found.push(message))
      expect(found.map((message) => dump.answers(message))).toEqual(lost ? [] : [true])
    }
  })

  it.each<[string, LinkMode[], number]>([
    ['2.00', ['t1'], 1],
    ['2.00', ['s1'], 3],
    ['2.00', ['s2'], 0],
    ['2.00', ['c1'], 9],
    ['2.00', ['c1', 't1'], 10],
    ['2.00', ['t2'], 2],
    ['2.00', ['c2'], 8],
    ['2.00', ['r2'], 4],
    ['1.00', ['t1'], 1],
    ['1.00', ['s1'], 0],
  ])('firmware %s is set for %j', (version, modes, code) => {
    const emulator = rc1180Emulator({ 109: version.charCodeAt(0) })
    expect(met(rc1180, emulator, modes).trouble).toBeNull()
    expect(emulator.mode()).toBe(code)
  })

  it('knows that the first firmware had no mode C', () => {
    expect(met(rc1180, rc1180Emulator({ 109: 0x31 }), ['c1']).trouble).toBe(
      'RC1180-MPC1 firmware 1.00 cannot hear [c1] at once: set modes to one of [t1] [s1]',
    )
  })

  it('says so where telegrams come in a form that is not understood', () => {
    expect(met(rc1180, rc1180Emulator({ 54: 5 })).trouble).toMatch(/DATA_INTERFACE 5: set it to 0/)
  })

  it('can be identified without a change', () => {
    const emulator = rc1180Emulator()
    const dialect = built(rc1180)
    const { asked, trouble } = speak(dialect, answering(emulator), dialect.identify)
    expect([asked.join(' '), trouble, emulator.mode(), emulator.configuring()]).toEqual(['00 30 58', null, null, false])
  })
})

describe('the dialogue with an Embit module', () => {
  const RESET = ['00040105', '00040509']

  it('restarts it and sets it up, and does not wear its flash', () => {
    const { asked, trouble, about } = met(ebi, ebiEmulator())
    expect(trouble).toBeNull()
    expect(asked).toEqual([...RESET, '0005100f24', '000511192f', '000613000019', '0006248000aa', '00043135'])
    expect(about).toBe('EMB-WMB868, hears T')
  })

  it.each<[LinkMode[], string]>([
    [['t1'], '000511192f'],
    [['s1'], '000511182e'],
    [['c1'], '000511253b'],
  ])('is set for %j', (modes, channel) => {
    expect(met(ebi, ebiEmulator(), modes)).toMatchObject({ trouble: null, asked: expect.arrayContaining([channel]) })
  })

  it('names what it cannot do, and what it can', () => {
    expect(met(ebi, ebiEmulator(), ['c1', 't1']).trouble).toBe(
      'EMB-WMB868 cannot hear [c1, t1] at once: set modes to one of [t1] [c1] [s1]',
    )
  })

  it('does not take another module for it', () => {
    expect(speak(built(ebi), () => ebiFrame(0x81, 0x20, 0x49)).trouble).toMatch(/not an EMB-WMB868/)
  })

  it('says that the stick refused', () => {
    const whole = answering(ebiEmulator())
    const answer = (request: Uint8Array) => (request[2] === 0x11 ? ebiFrame(0x91, 0x06) : whole(request))
    expect(speak(built(ebi), answer).trouble).toMatch(/refused.*status 6/)
  })

  it('waits until it says that it is ready', () => {
    const answer = (request: Uint8Array) =>
      request[2] === 0x05 ? ebiFrame(0x85, 0x00) : request[2] === 0x01 ? bytes('0006 81 40 49 10') : null
    expect(speak(built(ebi), answer)).toEqual({ asked: RESET, trouble: expect.stringMatching(/fell silent/) })
  })
})

describe.each(Object.entries(STICKS as Readonly<Record<string, Stick>>))('the table’s %s', (_, { dialect, spokenTo, modes }) => {
  it('asks who is there three times before it says that nobody answers, and what to try', () => {
    const silent = built(dialect)
    expect(silent.dialogue.length > 0).toBe(spokenTo)
    if (!spokenTo) return
    const { asked, trouble } = speak(silent, nobody)
    expect(asked.slice(-3)).toEqual(Array(3).fill(asked.at(-1)))
    expect(trouble).toMatch(/no answer from an? .* \(\d+ baud; .*receivers probe.*unplug it and plug it in again/)
    expect(modes.length).toBeGreaterThan(0)
  })
})

describe.each(KINDS)('the dialogue of $use', ({ use, emulate, alive, reset }) => {
  const { dialect: build, modes }: Stick = STICKS[use]

  it.each(modes.map((set) => [set]))('sets it for %j', (set) => {
    const { trouble, about } = met(build, emulate(), set)
    expect([trouble, about]).toEqual([null, expect.stringMatching(/, hears \S/)])
  })

  it('can be spoken anew after a reset, and is the same', () => {
    const answer = answering(emulate())
    const dialect = built(build)
    // A factory-new one is written to the first time.
    if (use.startsWith('amb')) speak(dialect, answer)
    const first = speak(dialect, answer)
    if (dialect.reset) speak(dialect, answer, dialect.reset)
    expect(speak(dialect, answer)).toEqual(first)
    expect(first.trouble).toBeNull()
  })

  it('has the questions of its protocol for a silence', () => {
    const dialect = built(build)
    const asked = (steps: Dialect['reset']): string | null => (steps ? speak(dialect, nobody, steps).asked[0]! : null)
    expect([asked(dialect.alive && [dialect.alive]), asked(dialect.reset)]).toEqual([alive, reset])
  })
})

it('a factory-new Amber stick is written to once, however often it is set up', () => {
  const emulator = amberEmulator()
  const answer = answering(emulator)
  const dialect = built(amber)
  speak(dialect, answer)
  expect(speak(dialect, answer).asked).toEqual(['ff0a02008077', 'ff0b00f4', 'ff040109f3'])
  expect(emulator.written()).toEqual([0x05, 0x45])
})
