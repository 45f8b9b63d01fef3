import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answering, type Emulator } from '../test/receivers/emulators/emulator.ts'
import { openPty, type Pty } from '../test/support/pty.ts'

/** An IMST iM871A-USB on a real pseudo terminal. It shares no code with the product. */
export interface Stick {
  /** Like a link in /dev/serial/by-id: it comes and goes with the stick and may lead to another device each time. */
  readonly path: string
  /** What was asked of the stick, in hex, known or not. */
  readonly asked: readonly string[]
  /** The link mode byte it was set to, or null. */
  linkMode(): number | null
  /** Hears a telegram (L-field and no CRCs) at that strength, as the raw RSSI byte, and sends it to the host. */
  send(telegram: Uint8Array, rssi: number): Promise<void>
  /** Sends any bytes. */
  raw(bytes: Uint8Array): Promise<void>
  /** Firmware it tells from now on: 0x13, 0x14, 0x15. */
  setFirmware(firmware: number): void
  /** Stays plugged in and answers nothing any more; false: answers again. */
  hang(hung?: boolean): void
  unplug(): void
  plugIn(): Promise<void>
  close(): void
}

/** wmbusmeters issues 72 and 951: what was asked, and what a real stick answered. */
const ANSWERS: Readonly<Record<string, string>> = {
  A5010100: 'A58102004CA3',
  A5010F00: 'A581100833001301F13A000053D9',
  A5010500: 'A5810617FF000700B32512351000010001FF07023200010000000063C9',
}
const SYNC = 0xa5
const SET_CONFIG = /^A5010306(?:00|01)02(0[0-9A-C])30(00|01)(00|01)$/
const SET_CONFIG_ANSWER = 'A58104009CF7'
const IM871A = 0x33
/** An iM871A of older firmware than 14 hex was never seen to take it. */
const C_AND_T = 0x0a
/** Where the device info answer tells module type and firmware. */
const MODULE_AT = 4
const FIRMWARE_AT = 6
/** Some -50 dBm. */
const LOUD = 144

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase()

/** CRC-16/X-25, bit by bit. */
function fcs(bytes: Uint8Array): [number, number] {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1
  }
  crc = ~crc & 0xffff
  return [crc & 0xff, crc >>> 8]
}

/** A frame as the stick sends it: everything after A5 is under the FCS. */
export const framed = (...body: number[]): Uint8Array => Uint8Array.of(SYNC, ...body, ...fcs(Uint8Array.from(body)))

/** The frame for a telegram. Its length byte is the L-field. */
export const telegramFrame = (telegram: Uint8Array, rssi: number | null): Uint8Array =>
  framed(rssi === null ? 0x82 : 0xc2, 0x03, ...telegram, ...(rssi === null ? [] : [rssi]))

export interface Im871aEmulator extends Emulator {
  linkMode(): number | null
  /** Heard at that strength, as the raw RSSI byte. */
  telegramAt(telegram: Uint8Array, rssi: number): Uint8Array
}

/** An iM871A, or as module 36 hex an iM170A: answers only what real sticks were seen to answer, byte for byte, and is silent to everything else. */
export function im871aEmulator({ module = IM871A, firmware = 0x13 } = {}): Im871aEmulator {
  let linkMode: number | null = null
  let rssiOn = false

  const answerTo = (request: string): Uint8Array | null => {
    const config = SET_CONFIG.exec(request)
    if (config) {
      const mode = Number.parseInt(config[1]!, 16)
      if (module === IM871A && mode === C_AND_T && firmware < 0x14) return null
      linkMode = mode
      rssiOn = config[2] === '01'
      return bytesOf(SET_CONFIG_ANSWER)
    }
    const answer = ANSWERS[request]
    if (answer === undefined) return null
    if (request !== 'A5010F00') return bytesOf(answer)
    const info = bytesOf(answer)
    info[MODULE_AT] = module
    info[FIRMWARE_AT] = firmware
    return framed(...info.subarray(1, -2))
  }
  const telegramAt = (telegram: Uint8Array, rssi: number): Uint8Array => telegramFrame(telegram, rssiOn ? rssi : null)
  return {
    linkMode: () => linkMode,
    /** Requests carry no FCS: sync, endpoint, message, length, payload. */
    hear(written) {
      if (written.length > 0 && written[0] !== SYNC) return { used: 1, reply: null }
      const used = 4 + (written[3] ?? 256)
      return written.length < used ? null : { used, reply: answerTo(hexOf(written.subarray(0, used))) }
    },
    telegramAt,
    telegram: (telegram) => telegramAt(telegram, LOUD),
  }
}

export async function openStick(): Promise<Stick> {
  const directory = mkdtempSync(join(tmpdir(), 'stick-'))
  const path = join(directory, 'usb-Silicon_Labs_WiMOD_iM871A-usb-if00-port0')
  const asked: string[] = []
  let pty: Pty | null = null
  let firmware = 0x13
  let emulator = im871aEmulator({ firmware })
  let hung = false

  const listen = (port: Pty): void => {
    const answer = answering(
      // What hangs takes no setting either.
      { ...emulator, hear: (written) => (hung ? im871aEmulator() : emulator).hear(written) },
      (request) => {
        if (request[0] === SYNC) asked.push(hexOf(request))
      },
    )
    port.onData((bytes) => {
      const reply = answer(bytes)
      if (!hung) void port.write(reply)
    })
  }

  const stick: Stick = {
    path,
    asked,
    linkMode: () => emulator.linkMode(),
    send: (telegram, rssi) => stick.raw(emulator.telegramAt(telegram, rssi)),
    raw: async (bytes) => pty?.write(bytes),
    setFirmware(version) {
      firmware = version
      emulator = im871aEmulator({ firmware })
    },
    hang(on = true) {
      hung = on
    },
    unplug() {
      if (pty === null) return
      unlinkSync(path)
      pty.close()
      pty = null
      emulator = im871aEmulator({ firmware })
    },
    async plugIn() {
      pty = await openPty()
      listen(pty)
      symlinkSync(pty.path, path)
    },
    close() {
      stick.unplug()
      rmSync(directory, { recursive: true })
    },
  }
  await stick.plugIn()
  return stick
}
