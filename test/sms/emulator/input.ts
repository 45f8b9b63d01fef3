/** What comes from the port: commands and messages to be sent, and what strikes when a command comes. */
import { COMMANDS } from './commands.ts'
import type { FaultRates } from './faults.ts'
import { fetch, put, reboot, register, say, type Unit, unplug } from './unit.ts'

/** Of a command: carriage return, or the ESC that ends a message to be sent; of a message, Ctrl-Z. */
const ENDS = { command: ['\r', '\x1b'], message: ['\x1a', '\x1b'] }
const OFFLINE_MS = 60_000
const CMS_ERRORS = [314, 321, 500, 512]

export const listenOn =
  (unit: Unit): ((text: string) => void) =>
  (text) => {
    unit.input += text
    for (let line = nextLine(unit); line !== null; line = nextLine(unit)) {
      if (unit.prompted) submit(unit, line)
      else if (line !== '') command(unit, line)
    }
  }

function nextLine(unit: Unit): string | null {
  const ends = ENDS[unit.prompted ? 'message' : 'command'].map((end) => unit.input.indexOf(end)).filter((at) => at >= 0)
  if (ends.length === 0) return null
  const end = Math.min(...ends)
  const line = unit.input.slice(0, end)
  unit.input = unit.input.slice(end + 1)
  return line.trim()
}

function submit(unit: Unit, pdu: string): void {
  unit.prompted = false
  if (unit.state !== 'on') return
  unit.sent.push(pdu)
  say(unit, '+CMGS: 1', 'OK')
}

const MISHAPS: readonly (readonly [keyof FaultRates, (unit: Unit) => void])[] = [
  [
    'hang',
    (unit) => {
      unit.state = 'hung'
    },
  ],
  ['reboot', (unit) => reboot(unit)],
  ['silentReboot', (unit) => reboot(unit, true)],
  ['unplug', (unit) => void unplug(unit, listenOn(unit))],
]

function command(unit: Unit, line: string): void {
  unit.heard.push(line)
  if (unit.state === 'hung' && /CFUN=1,1/.test(line)) reboot(unit)
  if (unit.state !== 'on') return
  const mishap = MISHAPS.find(([fault]) => unit.faults.strikes(fault))
  if (mishap) mishap[1](unit)
  else answer(unit, line)
}

function answer(unit: Unit, line: string): void {
  const { faults } = unit
  if (unit.settings.echo) put(unit, `${line}\r`)
  if (unit.registration === 1 && faults.strikes('offline')) {
    register(unit, 2)
    unit.clock.after(OFFLINE_MS, () => register(unit, 1))
  }
  const [pattern, act] = COMMANDS.find(([pattern]) => pattern.test(line)) ?? []
  if (line.startsWith('AT+CM') && faults.strikes('error'))
    say(unit, `+CMS ERROR: ${CMS_ERRORS[Math.floor(faults.dice() * CMS_ERRORS.length)]}`)
  else if (pattern) act!(unit, ...(pattern.exec(line) ?? []).slice(1))
  else say(unit, 'ERROR')
  fetch(unit)
}
