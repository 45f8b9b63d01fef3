import { bytes, type Emulator } from './emulator.ts'

/** The memory of a real module as far as it was quoted (wmbusmeters issue 801); what follows is unknown and stays FF. */
const QUOTED =
  '0105030100016400053C00D391DA80807C0002010000000000482400000547010301010000000004FF0800000000410005080001050000012B0000060B000000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000000000000000000000000000005243313138302D4D5043312C322E30302C302E31384500FFFFFFFFFFFFFFFF'
const MEMORY = 256
const PROMPT = 0x3e
const RSSI_MODE = 0x05

/** Radiocrafts RC1180: a byte 00 makes it listen to commands, 58 lets it go on; in between it hears nothing. */
export function rc1180Emulator(
  change: Readonly<Record<number, number>> = {},
): Emulator & { mode(): number | null; configuring(): boolean } {
  const memory = new Uint8Array(MEMORY).fill(0xff)
  memory.set(bytes(QUOTED))
  for (const [at, value] of Object.entries(change)) memory[Number(at)] = value
  let configuring = false
  let mode: number | null = null

  return {
    mode: () => mode,
    configuring: () => configuring,
    hear(written) {
      const [command, argument] = written
      if (command === 0x00) configuring = true
      if (!configuring) return { used: 1, reply: null }
      if (command === 0x00) return { used: 1, reply: Uint8Array.of(PROMPT) }
      if (command === 0x30) return { used: 1, reply: Uint8Array.of(...memory, PROMPT) }
      if (command === 0x47 && argument === undefined) return null
      if (command === 0x47) mode = argument!
      if (command === 0x58) configuring = false
      return { used: command === 0x47 ? 2 : 1, reply: null }
    },
    telegram(telegram) {
      if (configuring) return new Uint8Array(0)
      return memory[RSSI_MODE] === 1 ? Uint8Array.of(telegram[0]! + 1, ...telegram.subarray(1), 100) : telegram
    },
  }
}
