import { existsSync, readFileSync } from 'node:fs'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { buildReceiver, type ReceiverSpec, type UseName } from '../../receivers/build.ts'
import { findStick, usesFor } from '../../receivers/finding/find.ts'
import { deviceOf, serialPaths } from '../../receivers/ports/serial-paths.ts'
import type { Receiver, ReceiverHealth } from '../../receivers/receiver.ts'
import { isStick, STICKS } from '../../receivers/sticks/sticks.ts'
import type { Tape } from '../../receivers/tape.ts'
import { replayTape } from '../../receivers/tape-replay.ts'
import type { LinkMode, Telegram } from '../../wmbus/telegram.ts'
import { failure } from '../failure.ts'
import { recordedPort, type Source } from './source.ts'

export interface ListeningParts {
  readonly clock: Clock
  readonly log: Log
  /** Records every byte. */
  readonly tape: Tape | null
  deliver(telegram: Telegram): void
  /** Tells a person what is being tried. */
  tell(text: string): void
}

/** Receivers that were started, for `over` and the counters. */
export interface Listening {
  readonly receivers: readonly Receiver[]
  /** Resolves once every source has come to its end; a port that stays has none. */
  readonly ended: Promise<void>
  /** Resolves once nothing is left open. */
  stop(): Promise<void>
}

const LOOK_MS = 50

/** Starts listening to every source. Rejects with a failure where one cannot be listened to: no such type, file or link mode. */
export async function startListening(sources: readonly Source[], parts: ListeningParts): Promise<Listening> {
  const receivers: Receiver[] = []
  const stop = async (): Promise<void> => void (await Promise.all(receivers.map((receiver) => receiver.stop())))
  try {
    // Those whose port is known come first: nobody is looked for there.
    for (const [i, source] of [...sources.entries()].sort(([, a], [, b]) => Number(isLookedFor(a)) - Number(isLookedFor(b))))
      receivers.push(await started(source, nameOf(source, sources.slice(0, i)), receivers, parts))
  } catch (error) {
    await stop()
    throw error
  }
  const allEnded = (): boolean => receivers.every((receiver) => receiver.health().state === 'ended')
  let cancel = (): void => {}
  const ended = new Promise<void>((resolve) => {
    cancel = parts.clock.every(LOOK_MS, () => allEnded() && resolve())
  })
  return {
    receivers,
    ended,
    stop() {
      cancel()
      return stop()
    },
  }
}

const nameOf = ({ name, use }: Source, before: readonly Source[]): string => {
  const same = before.filter((other) => other.use === use).length
  return name ?? (same === 0 ? use : `${use}-${same + 1}`)
}

const isLookedFor = ({ use, at }: Source): boolean => use === 'auto' || at === null

/** What a recording tells, at once; its lines name their receivers themselves. */
async function playedBack(file: string | null, name: string, { deliver, tell }: ListeningParts): Promise<Receiver> {
  if (file === null || !existsSync(file))
    throw failure('usage', `captured:FILE: ${file ?? 'no file is named'}: write a file that --capture-raw made`)
  const { telegrams, openings, problems } = replayTape(readFileSync(file, 'utf8').split('\n'))
  for (const problem of problems) tell(`${file}: ${problem}`)
  if (openings.some(({ asked, wasAsked }) => asked !== wasAsked))
    tell(`${file}: what the device is asked is not what it was asked when this was recorded: the answers may not fit`)
  for (const telegram of telegrams) deliver(telegram)
  const sum = (of: 'telegrams' | 'bytes' | 'skipped' | 'badChecksums'): number => openings.reduce((all, { health }) => all + health[of], 0)
  const counts = { telegrams: sum('telegrams'), bytes: sum('bytes'), skipped: sum('skipped'), badChecksums: sum('badChecksums') }
  const health: ReceiverHealth = {
    name,
    use: 'captured',
    at: file,
    state: 'ended',
    trouble: null,
    ...counts,
    reopened: 0,
    lastTelegramMs: null,
  }
  return { name, start: async () => {}, stop: async () => {}, health: () => health }
}

async function started(source: Source, name: string, others: readonly Receiver[], parts: ListeningParts): Promise<Receiver> {
  const { use, at, modes, baudRate } = source
  if (use === 'captured') return playedBack(at, name, parts)
  if (use !== 'auto') checkModes(use, modes)
  if (use === 'auto' || at === null) return found(source, name, others, parts)
  return attempted({ name, use, at, ...(modes && { modes }), ...(baudRate && { baudRate }) }, parts)
}

type KnownSpec = ReceiverSpec & { readonly use: UseName }

/** Throws where the device was there and cannot do what was asked; what may still come is waited for. */
async function attempted(spec: KnownSpec, { clock, log, tape, deliver, tell }: ListeningParts): Promise<Receiver> {
  const recorded = recordedPort(spec.use, spec.at, clock, tell)
  const receiver = usable(() => buildReceiver(spec, { clock, log, ...(tape && { tape }), ...(recorded && { recorded }) }))
  await receiver.start(deliver)
  const { trouble } = receiver.health()
  if (trouble === null || !isRefusal(trouble)) return receiver
  await receiver.stop()
  throw failure('usage', `${spec.at}: ${trouble}`)
}

/** What a stick answers when it is asked for link modes that it does not have. */
const isRefusal = (trouble: string): boolean => /cannot hear/.test(trouble)

/** What no stick of its kind can do need not be asked of it. */
function checkModes(use: UseName, modes: readonly LinkMode[] | undefined): void {
  if (modes === undefined || !isStick(use)) return
  const able: readonly (readonly LinkMode[])[] = STICKS[use].modes
  if (able.some((hears) => modes.every((mode) => hears.includes(mode)))) return
  const [first, ...others] = new Set(able.map((hears) => hears.join(',')))
  const advice =
    first === undefined ? 'leave the link modes out: it decides itself what it hears' : `write one of ${[first, ...others].join(' | ')}`
  throw failure('usage', `${use} cannot hear ${modes.join(',')} at once: ${advice}`)
}

function usable(build: () => Receiver): Receiver {
  try {
    return build()
  } catch (error) {
    throw failure('usage', (error as Error).message)
  }
}

/** Asks every serial port that nobody here listens to yet, one after another, whether such a stick is there. */
async function found({ use, at, modes }: Source, name: string, others: readonly Receiver[], parts: ListeningParts): Promise<Receiver> {
  const { clock, tell } = parts
  const uses = usesFor(use, modes)
  if (uses.length === 0 && use === 'auto') throw failure('usage', `No receiver can hear ${modes?.join(',')} at once`)
  if (uses.length === 0)
    throw failure('usage', `${use} needs to be told where it comes from: ${use}:PATH, as in ${use}:- for standard input`)
  const taken = others.map((receiver) => deviceOf(receiver.health().at))
  const paths = (at === null ? serialPaths() : [at]).filter((path) => !taken.includes(deviceOf(path)))
  const asking = (stick: string, path: string): void => tell(`Is there ${stick} on ${path}?`)
  const stick = await findStick(paths, uses, clock, { asking, said: (path, text) => tell(`${path}: ${text}`) })
  if (stick) return attempted({ name, use: stick.use, at: stick.at, ...(modes && { modes }) }, parts)
  const where = paths.length > 0 ? `none of these answered: ${paths.join(', ')}` : 'this machine has no serial device that is free'
  throw failure('failed', `No receiver was found: ${where}. Is it plugged in, and does no other program use it (systemctl stop varmesky)?`)
}
