/** What a modem answers: a table, a row for each command (3GPP TS 27.005, 27.007). */
import { pduBytes, tpduLength } from '../../../src/sms/pdu/pdu.ts'
import type { Stored } from './storage.ts'
import { put, reboot, type Settings, say, type Unit } from './unit.ts'

type Act = (unit: Unit, ...args: string[]) => void

const present = ({ storage, settings }: Unit): Map<number, Stored> => storage.of(settings.memory)
const lengthOf = (pdu: string): number => tpduLength(pduBytes(pdu)!)

const ok: Act = (unit) => say(unit, 'OK')
const set =
  (some: Partial<Settings>): Act =>
  (unit) => {
    unit.settings = { ...unit.settings, ...some }
    say(unit, 'OK')
  }

const unlock: Act = (unit, given) => {
  unit.pinTries++
  unit.locked = given !== unit.pin
  say(unit, unit.locked ? '+CME ERROR: 16' : 'OK')
}

const send: Act = (unit) => {
  unit.prompted = true
  put(unit, '\r\n> ')
}

const select: Act = (unit, memory, into) => {
  if (unit.locked || !unit.storage.has(memory!)) return say(unit, '+CMS ERROR: 310')
  unit.settings = { ...unit.settings, memory: memory!, into: into ?? unit.settings.into }
  const { size } = present(unit)
  const { capacity } = unit.storage
  say(unit, `+CPMS: ${size},${capacity},${size},${capacity},${size},${capacity}`, 'OK')
}

const list: Act = (unit) => {
  if (!unit.settings.pdu || unit.locked) return say(unit, '+CMS ERROR: 305')
  const lines = [...present(unit)].flatMap(([index, { status, pdu }]) => [`+CMGL: ${index},${status},,${lengthOf(pdu)}`, pdu])
  for (const message of present(unit).values()) if (message.status === 0) message.status = 1
  say(unit, ...lines, 'OK')
}

const read: Act = (unit, index) => {
  const message = present(unit).get(Number(index))
  if (!message || !unit.settings.pdu) return say(unit, '+CMS ERROR: 321')
  say(unit, `+CMGR: ${message.status},,${lengthOf(message.pdu)}`, message.pdu, 'OK')
}

const remove: Act = (unit, index) => say(unit, present(unit).delete(Number(index)) ? 'OK' : '+CMS ERROR: 321')

export const COMMANDS: readonly (readonly [RegExp, Act])[] = [
  [/^AT$/, ok],
  [/^ATE0$/, set({ echo: false })],
  [/^AT\+CMEE=1$/, ok],
  [/^AT\+CREG=1$/, ok],
  [/^AT\+CPIN\?$/, (unit) => say(unit, unit.locked ? '+CPIN: SIM PIN' : '+CPIN: READY', 'OK')],
  [/^AT\+CPIN="(\d+)"$/, unlock],
  [/^AT\+CFUN=1,1$/, (unit) => reboot(unit)],
  [/^AT\+CMGF=0$/, set({ pdu: true })],
  [/^AT\+CMGS=\d+$/, send],
  [/^AT\+CSQ$/, (unit) => say(unit, '+CSQ: 17,99', 'OK')],
  [/^AT\+CREG\?$/, (unit) => say(unit, `+CREG: 1,${unit.registration}`, 'OK')],
  [/^AT\+CEREG\?$/, (unit) => say(unit, 'ERROR')],
  [/^AT\+CPMS="([A-Z]+)"(?:,"[A-Z]+","([A-Z]+)")?$/, select],
  [/^AT\+CNMI=2,1,0,0,0$/, set({ told: true })],
  [/^AT\+CMGL=4$/, list],
  [/^AT\+CMGR=(\d+)$/, read],
  [/^AT\+CMGD=(\d+)$/, remove],
]
