import { z } from 'zod'
import { STICKS, type Stick, type StickName } from '../receivers/sticks/sticks.ts'
import { STREAMS, type StreamName } from '../receivers/streams/streams.ts'
import { LINK_MODES, type LinkMode } from '../wmbus/telegram.ts'
import { canBeSpokenTo, isPlace, isTopic, NO_PLACE } from './place.ts'
import { name, path, secretPath, TOGETHER } from './texts.ts'

const sticks: Readonly<Record<string, Stick>> = STICKS
const SOURCES = ['auto', ...Object.keys(STICKS), ...Object.keys(STREAMS)] as readonly ('auto' | StickName | StreamName)[]
const WHAT = `What the bytes are: ${Object.entries(sticks)
  .map(([name, { title }]) => `${name} (${title})`)
  .join(', ')}; rtl_wmbus or rtl_433 (their output lines), hex or lines (a telegram in hex per line); auto (whichever stick answers)`

const settings = z.strictObject({
  name: name.describe('Name of this receiver in reports'),
  use: z.enum(SOURCES).describe(WHAT),
  at: z
    .string()
    .refine((at) => at === 'auto' || isPlace(at), NO_PLACE)
    .describe(
      'Where they come from: a device path, tcp://host:port, tcp-listen://address:port, udp://address:port, mqtt://host/topic, exec:command, stdin; auto: the serial port at which such a stick answers',
    ),
  modes: z
    .array(z.enum(LINK_MODES))
    .min(1, 'must name at least one link mode; leave it out for the best the stick can do')
    .exactOptional()
    .describe('Link modes the stick is set to; left out: the best it can do'),
  baudRate: z
    .int('must be a whole number such as 9600')
    .min(300, 'must be 300 or more')
    .max(1_000_000, 'must be 1000000 or less')
    .exactOptional()
    .describe('Of a device path: speed of the serial port, where it is not the one the stick has by default'),
  user: z.string().min(1, 'must not be empty').exactOptional().describe('Of a topic: whom the broker lets in'),
  passwordFile: secretPath.exactOptional().describe('Of a topic: file with the password'),
  captureRaw: path
    .exactOptional()
    .describe(
      'Record every byte to and from this receiver in this file, at most 20 MB: for a fault that is to be found; leave it out otherwise',
    ),
  ca: path.exactOptional().describe('Of a topic: PEM file of the broker’s certificate authority; left out: those of the system'),
})

/** What no stick of that name can do, whatever its firmware; null where one might. */
function cannotHear(use: string, wanted: readonly LinkMode[]): string | null {
  const modes = use === 'auto' ? Object.values(sticks).flatMap((stick) => stick.modes) : (sticks[use]?.modes ?? [])
  if (modes.length === 0) return 'can only be set for a stick; other sources decide themselves what they hear'
  if (modes.some((set) => wanted.every((mode) => set.includes(mode)))) return null
  const sets = [...new Set(modes.map((set) => `[${set.join(', ')}]`))]
  return `${use} cannot hear [${wanted.join(', ')}] at once: set modes to one of ${sets.join(' ')}`
}

const isKnown = (use: unknown): use is string => (SOURCES as readonly unknown[]).includes(use)

/** One receiver: what the bytes are, and where they come from. */
export const receiver = settings
  .refine((r) => r?.at !== 'auto' || r.use === 'auto' || sticks[r.use]?.spokenTo === true, {
    ...TOGETHER,
    path: ['at'],
    error: 'auto is for a stick that can be asked who it is: write where this one is',
  })
  .refine((r) => r?.use !== 'auto' || typeof r.at !== 'string' || r.at === 'auto' || r.at.startsWith('/') || !isPlace(r.at), {
    ...TOGETHER,
    path: ['at'],
    error: 'must be auto or a device path: who is there is only asked on serial ports of this machine',
  })
  .refine((r) => !sticks[r?.use]?.spokenTo || typeof r.at !== 'string' || !isPlace(r.at) || canBeSpokenTo(r.at), {
    ...TOGETHER,
    path: ['at'],
    error: 'must be a device path or tcp://host:port: a stick has to be spoken to',
  })
  .refine((r) => typeof r?.at !== 'string' || isTopic(r.at) || [r.user, r.passwordFile, r.ca].every((part) => part === undefined), {
    ...TOGETHER,
    path: ['user'],
    error: 'and passwordFile and ca are for a topic (mqtt://host/topic)',
  })
  .refine((r) => r?.baudRate === undefined || (r.use !== 'auto' && r.at !== 'auto'), {
    ...TOGETHER,
    path: ['baudRate'],
    error: 'is for a port that is named: who is looked for is asked at the speed he has when he is new',
  })
  .refine((r) => r?.baudRate === undefined || r.at === 'auto' || typeof r.at !== 'string' || !isPlace(r.at) || r.at.startsWith('/'), {
    ...TOGETHER,
    path: ['baudRate'],
    error: 'is for a device path: whoever opens the port elsewhere sets its speed',
  })
  .check(
    z.superRefine<z.output<typeof settings>>((r, issues) => {
      if (!Array.isArray(r?.modes) || !isKnown(r.use)) return
      const message = cannotHear(r.use, r.modes)
      if (message !== null) issues.addIssue({ code: 'custom', path: ['modes'], message })
    }, TOGETHER),
  )
