/**
 * A GSM modem on a real pseudo terminal, behind a link as /dev/serial/by-id has them, and the network that delivers to it. It
 * does what it is asked by 3GPP TS 27.005, and whatever else a seed says: faults are listed in `FAULTS`.
 */
import { renameSync, rmSync, symlinkSync } from 'node:fs'
import type { Clock } from '../../src/clock.ts'
import { pduBytes, tpduLength } from '../../src/sms/pdu/pdu.ts'
import { openPty, type Pty } from '../support/pty.ts'

/** Chances of a fault, each time it could happen. */
export interface FaultRates {
  /** A line nobody knows, between or inside answers. */
  readonly noise: number
  /** Two lines without an end between them. */
  readonly glued: number
  /** An answer written in pieces. */
  readonly cut: number
  /** A line of an answer is lost, or a PDU broken in two. */
  readonly torn: number
  /** `+CMS ERROR` in place of an answer. */
  readonly error: number
  /** It starts anew; its settings are gone, and its messages may stand elsewhere. */
  readonly reboot: number
  /** It starts anew without a word. */
  readonly silentReboot: number
  /** It answers no more, until it is reset or opened anew. */
  readonly hang: number
  /** Pulled out and plugged in again. */
  readonly unplug: number
  /** A message arrives and nobody is told. */
  readonly quiet: number
  /** Its network is away for a minute: nothing comes in. */
  readonly offline: number
}

export const NO_FAULTS: FaultRates = {
  noise: 0,
  glued: 0,
  cut: 0,
  torn: 0,
  error: 0,
  reboot: 0,
  silentReboot: 0,
  hang: 0,
  unplug: 0,
  quiet: 0,
  offline: 0,
}

/** A storage that is full is no matter of chance: the network keeps what does not fit. */
type Happened = keyof FaultRates | 'full'

export interface EmulatorOptions {
  readonly path: string
  readonly clock: Clock
  readonly dice: () => number
  readonly rates?: FaultRates
  /** Messages each memory holds. */
  readonly capacity?: number
  readonly memories?: readonly string[]
  readonly pin?: string
}

export interface Emulator {
  /** The network has a message for it: stored as soon as there is room. */
  deliver(pdu: string): void
  /** PDUs that are still in the network or in its storage. */
  left(): number
  stored(): readonly string[]
  /** What stood in its storage is gone without a word, and these stand there, in the memory that is selected. */
  replace(pdus: readonly string[]): void
  /** Everything it was sent, with the PIN. */
  heard(): readonly string[]
  /** Messages it was told to send. */
  sent(): readonly string[]
  pinTries(): number
  /** How often each fault struck. */
  happened(): Readonly<Partial<Record<Happened, number>>>
  /** No faults from here on. */
  calm(): void
  say(line: string): void
  /** Its network from here on, as +CREG numbers them; told, and nothing comes in without one. */
  network(registration: number): void
  hang(): void
  unplug(): Promise<void>
  /** Begins anew; `silent`: without a word. What it has may stand elsewhere then. */
  reboot(silent?: boolean): void
  close(): void
}

const NOISE = [
  '^RSSI:17',
  '^BOOT:20952548,0,0,0,72',
  '+CIEV: 4,1',
  '*PSUTTZ: 2026,11,24',
  '#VOICE',
  'NO CARRIER',
  '\x00\xff\x7f',
  '123456789012345',
]
const BOOT_LINES = ['RDY', '+CFUN: 1', '+CPIN: READY', 'SMS DONE', 'PB DONE']
/** Of a command: carriage return, or the ESC that ends a message to be sent; of a message, Ctrl-Z. */
const ENDS = { command: ['\r', '\x1b'], message: ['\x1a', '\x1b'] }
const UNPLUGGED_MS = 3_000
const BOOT_MS = 2_000
const OFFLINE_MS = 60_000

export async function modemEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { path, clock, dice, capacity = 10, memories = ['SM', 'ME'], pin } = options
  let rates = options.rates ?? NO_FAULTS
  const storage = new Map(memories.map((memory) => [memory, new Map<number, { status: number; pdu: string }>()]))
  const network: string[] = []
  const heard: string[] = []
  const sent: string[] = []
  let pty: Pty
  let closed = false
  let input = ''
  let settings = { echo: true, pdu: false, told: false, memory: memories[0]!, into: memories[0]! }
  let state: 'on' | 'booting' | 'hung' | 'out' = 'on'
  let locked = pin !== undefined
  let prompted = false
  let tries = 0
  let registration = 1

  const happened: Partial<Record<Happened, number>> = {}
  const note = (what: Happened): void => {
    happened[what] = (happened[what] ?? 0) + 1
  }
  /** Whether this fault is due now. */
  const strikes = (fault: keyof FaultRates): boolean => {
    if (rates[fault] === 0 || dice() >= rates[fault]) return false
    note(fault)
    return true
  }
  const put = (text: string): void => {
    if (state === 'out') return
    const bytes = Buffer.from(text, 'latin1')
    const at = strikes('cut') ? Math.floor(dice() * bytes.length) : bytes.length
    pty.write(bytes.subarray(0, at)).then(() => pty.write(bytes.subarray(at)))
  }
  const noisy = (lines: readonly string[]): string => {
    let text = ''
    for (const line of lines) {
      if (strikes('noise')) text += `\r\n${NOISE[Math.floor(dice() * NOISE.length)]}\r\n`
      if (strikes('torn')) {
        if (dice() < 0.5) continue
        const at = Math.floor(dice() * line.length)
        text += `\r\n${line.slice(0, at)}\r\n${line.slice(at)}\r\n`
      } else text += strikes('glued') && text.endsWith('\r\n') ? `${line}\r\n` : `\r\n${line}\r\n`
      if (strikes('glued')) text = text.replace(/\r\n$/, '')
    }
    return text
  }
  const say = (...lines: readonly string[]): void => put(noisy(lines))

  const fetch = (): void => {
    for (const memory of [settings.into]) {
      const of = storage.get(memory)!
      while (network.length > 0 && of.size < capacity && state !== 'out' && !locked && (registration === 1 || registration === 5)) {
        let index = 1
        while (of.has(index)) index++
        of.set(index, { status: 0, pdu: network.shift()! })
        if (settings.told && state === 'on' && !strikes('quiet')) say(`+CMTI: "${memory}",${index}`)
      }
      if (network.length > 0 && of.size >= capacity) note('full')
    }
  }
  const connect = (now: number): void => {
    registration = now
    if (closed) return
    if (state === 'on') say(`+CREG: ${now}`)
    fetch()
  }
  const forget = (): void => {
    settings = { echo: true, pdu: false, told: false, memory: memories[0]!, into: memories[0]! }
    input = ''
    prompted = false
    if (pin !== undefined) locked = true
    // Some renumber what they have.
    for (const [memory, of] of storage) {
      const all = [...of.values()].sort(() => dice() - 0.5)
      storage.set(memory, new Map(all.map((message, i) => [i + 1, message])))
    }
  }
  const reboot = (silent = false): void => {
    forget()
    if (silent) return
    state = 'booting'
    clock.after(BOOT_MS, () => {
      if (state !== 'booting') return
      state = 'on'
      for (const line of BOOT_LINES) if (!locked || line !== '+CPIN: READY') say(line)
    })
  }
  const plug = async (): Promise<void> => {
    pty = await openPty()
    if (closed) return pty.close()
    symlinkSync(pty.path, `${path}.new`)
    renameSync(`${path}.new`, path)
    pty.onData((bytes) => listen(Buffer.from(bytes).toString('latin1')))
    forget()
    state = 'on'
  }
  const unplug = async (): Promise<void> => {
    if (state === 'out') return
    state = 'out'
    rmSync(path, { force: true })
    pty.close()
    await new Promise<void>((resolve) => void clock.after(UNPLUGGED_MS, resolve))
    if (!closed) await plug()
  }

  const listen = (text: string): void => {
    input += text
    for (;;) {
      const ends = ENDS[prompted ? 'message' : 'command'].map((character) => input.indexOf(character)).filter((at) => at >= 0)
      const end = ends.length > 0 ? Math.min(...ends) : -1
      if (end < 0) return
      const line = input.slice(0, end)
      input = input.slice(end + 1)
      if (prompted) submit(line.trim())
      else if (line.trim() !== '') command(line.trim())
    }
  }
  const submit = (pdu: string): void => {
    prompted = false
    if (state !== 'on') return
    sent.push(pdu)
    say('+CMGS: 1', 'OK')
  }
  const hang = (): void => {
    state = 'hung'
  }
  const MISHAPS: readonly (readonly [keyof FaultRates, () => void])[] = [
    ['hang', hang],
    ['reboot', () => reboot()],
    ['silentReboot', () => reboot(true)],
    ['unplug', () => void unplug()],
  ]
  const command = (line: string): void => {
    heard.push(line)
    if (state === 'hung' && /CFUN=1,1/.test(line)) reboot()
    else if (state === 'on') {
      const mishap = MISHAPS.find(([fault]) => strikes(fault))
      if (mishap) mishap[1]()
      else answer(line)
    }
  }
  const answer = (line: string): void => {
    if (settings.echo) put(`${line}\r`)
    if (registration === 1 && strikes('offline')) {
      connect(2)
      clock.after(OFFLINE_MS, () => connect(1))
    }
    const [pattern, act] = COMMANDS.find(([pattern]) => pattern.test(line)) ?? []
    if (line.startsWith('AT+CM') && strikes('error')) say(`+CMS ERROR: ${[314, 321, 500, 512][Math.floor(dice() * 4)]}`)
    else if (pattern) act!(...(pattern.exec(line) ?? []).slice(1))
    else say('ERROR')
    fetch()
  }
  const present = (): Map<number, { status: number; pdu: string }> => storage.get(settings.memory)!
  const header = (pdu: string): number => tpduLength(pduBytes(pdu)!)
  const set = (some: Partial<typeof settings>): void => {
    Object.assign(settings, some)
    say('OK')
  }
  const COMMANDS: readonly (readonly [RegExp, (...args: string[]) => void])[] = [
    [/^AT$/, () => say('OK')],
    [/^ATE0$/, () => set({ echo: false })],
    [/^AT\+CMEE=1$/, () => say('OK')],
    [/^AT\+CREG=1$/, () => say('OK')],
    [/^AT\+CPIN\?$/, () => say(locked ? '+CPIN: SIM PIN' : '+CPIN: READY', 'OK')],
    [
      /^AT\+CPIN="(\d+)"$/,
      (given) => {
        tries++
        locked = given !== pin
        say(locked ? '+CME ERROR: 16' : 'OK')
      },
    ],
    [/^AT\+CFUN=1,1$/, () => reboot()],
    [/^AT\+CMGF=0$/, () => set({ pdu: true })],
    [
      /^AT\+CMGS=\d+$/,
      () => {
        prompted = true
        put('\r\n> ')
      },
    ],
    [/^AT\+CSQ$/, () => say('+CSQ: 17,99', 'OK')],
    [/^AT\+CREG\?$/, () => say(`+CREG: 1,${registration}`, 'OK')],
    [/^AT\+CEREG\?$/, () => say('ERROR')],
    [
      /^AT\+CPMS="([A-Z]+)"(?:,"[A-Z]+","([A-Z]+)")?$/,
      (memory, into) => {
        if (locked || !storage.has(memory!)) return say('+CMS ERROR: 310')
        settings.memory = memory!
        settings.into = into ?? settings.into
        const { size } = present()
        say(`+CPMS: ${size},${capacity},${size},${capacity},${size},${capacity}`, 'OK')
      },
    ],
    [/^AT\+CNMI=2,1,0,0,0$/, () => set({ told: true })],
    [
      /^AT\+CMGL=4$/,
      () => {
        if (!settings.pdu || locked) return say('+CMS ERROR: 305')
        const lines = [...present()].flatMap(([index, { status, pdu }]) => [`+CMGL: ${index},${status},,${header(pdu)}`, pdu])
        for (const message of present().values()) if (message.status === 0) message.status = 1
        say(...lines, 'OK')
      },
    ],
    [
      /^AT\+CMGR=(\d+)$/,
      (index) => {
        const message = present().get(Number(index))
        if (!message || !settings.pdu) return say('+CMS ERROR: 321')
        say(`+CMGR: ${message.status},,${header(message.pdu)}`, message.pdu, 'OK')
      },
    ],
    [
      /^AT\+CMGD=(\d+)$/,
      (index) => {
        const was = present().delete(Number(index))
        say(was ? 'OK' : '+CMS ERROR: 321')
      },
    ],
  ]

  await plug()
  return {
    deliver(pdu) {
      network.push(pdu)
      if (state === 'on') fetch()
    },
    left: () =>
      network.length + [...storage.values()].reduce((sum, of) => sum + [...of.values()].filter(({ status }) => status < 2).length, 0),
    stored: () => [...storage.values()].flatMap((of) => [...of.values()].map(({ pdu }) => pdu)),
    heard: () => heard,
    replace(pdus) {
      for (const of of storage.values()) of.clear()
      for (const [i, pdu] of pdus.entries()) present().set(i + 1, { status: 0, pdu })
    },
    sent: () => sent,
    pinTries: () => tries,
    happened: () => happened,
    calm() {
      rates = NO_FAULTS
      fetch()
    },
    say: (line) => say(line),
    network: connect,
    hang,
    unplug,
    reboot,
    close() {
      closed = true
      state = 'out'
      rmSync(path, { force: true })
      pty.close()
    },
  }
}
