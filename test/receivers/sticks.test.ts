import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { scaledClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { buildReceiver } from '../../src/receivers/build.ts'
import type { Receiver } from '../../src/receivers/receiver.ts'
import type { StickName } from '../../src/receivers/sticks/sticks.ts'
import { decode } from '../../src/wmbus/decode.ts'
import type { LinkMode, Telegram } from '../../src/wmbus/telegram.ts'
import { amberEmulator } from './emulators/amber.ts'
import { culEmulator } from './emulators/cul.ts'
import { ebiEmulator } from './emulators/ebi.ts'
import { type Emulator, type PluggedIn, plugIn } from './emulators/emulator.ts'
import { iu891aEmulator } from './emulators/iu891a.ts'
import { rc1180Emulator } from './emulators/rc1180.ts'
import { bytesOf, hexOf, IM871A_FRAMES } from './vectors.ts'

const WAIT = { timeout: 15_000, interval: 5 }
const HEX = IM871A_FRAMES.map((f) => f.telegram)
const line = (text: string): string => hexOf(new TextEncoder().encode(`${text}\n`))

/** As they leave the factory, with what they are asked; a CUL and an Amber stick hear `best` where nothing is asked for. */
const KINDS: readonly { use: StickName; emulator: () => Emulator; asked: readonly string[]; cannot: LinkMode[]; can: string }[] = [
  {
    use: 'iu891a',
    emulator: iu891aEmulator,
    // One by one: every C0 ends something, even if it is nothing.
    asked: [...Array(30).fill('c0'), 'c001030424c0', 'c00901d6c9c0', 'c00903030600000032000000000027b9c0'],
    cannot: ['s1', 't1'],
    can: '[t1] [c1] [c1, t1] [s1]',
  },
  {
    use: 'amb8465',
    emulator: amberEmulator,
    asked: ['ff0a02008077', 'ff0b00f4', 'ff0903050101f0', 'ff0903450101b0', 'ff0500fa', 'ff040109f3'],
    cannot: ['s1', 't1'],
    can: '[t1, t2] [c1, c2] [c1, c2, t1, t2] [s1, s2] [r2]',
  },
  { use: 'cul', emulator: culEmulator, asked: ['V', 'brc', 'X21'].map(line), cannot: ['s1', 't1'], can: '[t1] [c1, t1] [s1]' },
  {
    use: 'rc1180',
    emulator: rc1180Emulator,
    asked: ['00', '30', '470a', '58'],
    cannot: ['s1', 't1'],
    can: '[t1] [c1] [c1, t1] [s1] [s2] [t2] [c2] [r2]',
  },
  {
    use: 'ebi',
    emulator: ebiEmulator,
    asked: ['00040105', '00040509', '0005100f24', '000511192f', '000613000019', '0006248000aa', '00043135'],
    cannot: ['c1', 't1'],
    can: '[t1] [c1] [s1]',
  },
]

describe.each(KINDS)('$use on a serial port', ({ use, emulator: emulate, asked, cannot, can }) => {
  /** Ten times as fast as the world, so that waiting for a device takes no time; a busy machine is late then, and is asked again. */
  const fast = scaledClock(10, Date.UTC(2026, 10, 24))
  const slow = scaledClock(1, Date.UTC(2026, 10, 24))
  let emulator: Emulator
  let stick: PluggedIn
  let receiver: Receiver
  let heard: Telegram[]
  const start = (modes?: readonly LinkMode[], clock = fast): Promise<void> => {
    receiver = buildReceiver({ name: 'mast', use, at: stick.path, ...(modes && { modes }) }, { clock, log: silentLog })
    return receiver.start((telegram) => heard.push(telegram))
  }
  const hears = (telegrams: readonly string[]): Promise<void> =>
    vi.waitFor(() => expect(heard.map(({ bytes, crc }) => hexOf(decode(bytes, crc, null).bytes))).toEqual(telegrams), WAIT)

  beforeEach(async () => {
    heard = []
    emulator = emulate()
    stick = await plugIn(emulator)
  })
  afterEach(async () => {
    await receiver.stop()
    stick.close()
  })

  it('is set up byte for byte as it is documented, and hears nothing until something is sent', async () => {
    await start(undefined, slow)
    expect(receiver.health()).toMatchObject({
      state: 'receiving',
      trouble: null,
      telegrams: 0,
      skipped: 0,
      badChecksums: 0,
      lastTelegramMs: null,
    })
    // What nobody answers may still be on its way.
    await vi.waitFor(() => expect(stick.asked).toEqual(asked), WAIT)
    expect(heard).toEqual([])
  })

  it('delivers all, sent byte by byte and all at once', async () => {
    // A pause within a telegram ends it.
    await start(undefined, slow)
    for (const telegram of HEX) for (const byte of emulator.telegram(bytesOf(telegram))) await stick.raw(Uint8Array.of(byte))
    await stick.raw(Uint8Array.from(HEX.flatMap((telegram) => [...emulator.telegram(bytesOf(telegram))])))
    await hears([...HEX, ...HEX])
    expect(heard[0]).toMatchObject({ receiver: 'mast', rssi: -50, heard: { bootId: slow.bootId } })
    expect(receiver.health()).toMatchObject({ telegrams: 2 * HEX.length, badChecksums: 0 })
  })

  it('does not count as receiving while it says nothing', async () => {
    stick.hang()
    await start()
    expect(receiver.health()).toMatchObject({
      state: 'waiting',
      trouble: expect.stringMatching(/no answer.*unplug it and plug it in again/),
    })
  })

  it('says what it cannot do, and what it can', async () => {
    await start(cannot)
    expect(receiver.health()).toMatchObject({
      state: 'waiting',
      trouble: expect.stringContaining(`cannot hear [${cannot.join(', ')}] at once: set modes to one of ${can}`),
    })
  })
})
