import { z } from 'zod'
import { type ManualClock, manualClock } from '../clock.ts'
import { silentLog } from '../log.ts'
import { LINK_MODES, type Telegram } from '../wmbus/telegram.ts'
import { isText, USES, type UseName } from './build.ts'
import type { ReceiverHealth } from './receiver.ts'
import { type Sender, type Senders, sendersSession } from './senders.ts'
import { type ReceiverSession, receiverSession } from './session.ts'

const bytes = z
  .string()
  .regex(/^(?:[0-9a-f]{2})*$/i, 'must be hex')
  .transform((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))
const sender = z.int().optional()

/** One line of a recording; see `TapeEvent`. */
const line = z.object({ receiver: z.string(), ms: z.number() }).and(
  z.union([
    z.object({
      opened: z.iso.datetime().nullable(),
      use: z.enum(Object.keys(USES) as UseName[]),
      modes: z.array(z.enum(LINK_MODES)).optional(),
    }),
    z.object({ in: bytes, sender }),
    z.object({ out: bytes }),
    z.object({ message: bytes }),
    z.object({ gone: z.boolean(), sender: z.int() }),
    z.object({ closed: z.string().nullable() }),
  ]),
)
type Line = z.output<typeof line>

export interface Replayed {
  readonly telegrams: readonly Telegram[]
  /** What each opening counted; `asked` and `wasAsked` are the requests of today and of the recording, as hex: the same, or the dialogue is another now. */
  readonly openings: readonly { readonly health: ReceiverHealth; readonly asked: string; readonly wasAsked: string }[]
  /** Lines that could not be read: a file that was cut off ends within one. */
  readonly problems: readonly string[]
}

/** One opening being played. */
interface Opening {
  readonly clock: ManualClock
  readonly session: ReceiverSession
  /** Where many may send; else null. */
  readonly senders: Senders | null
  readonly joined: Map<number, Sender>
  readonly startMs: number
  asked: string
  wasAsked: string
}

/** Plays a recording through the dialect it was recorded with, dialogue and silences included, on a clock of its own. */
export function replayTape(lines: Iterable<string>): Replayed {
  const telegrams: Telegram[] = []
  const openings: Opening[] = []
  const problems: string[] = []
  const current = new Map<string, Opening>()
  let number = 0
  for (const text of lines) {
    number++
    if (text.trim() === '') continue
    const read = parsed(text)
    if (typeof read === 'string') {
      problems.push(`line ${number}: ${read}`)
      continue
    }
    if ('opened' in read) {
      const before = current.get(read.receiver)
      if (before) over(before, false)
      const opening = begun(read, (telegram) => telegrams.push(telegram))
      openings.push(opening)
      current.set(read.receiver, opening)
    } else played(read, current.get(read.receiver))
  }
  for (const opening of current.values()) over(opening, true)
  return { telegrams, openings: openings.map(({ session, asked, wasAsked }) => ({ health: session.health(), asked, wasAsked })), problems }
}

function parsed(text: string): Line | string {
  try {
    const { data, error } = line.safeParse(JSON.parse(text))
    return data ?? `not a line of a recording: ${error!.issues[0]?.message}`
  } catch {
    return 'not JSON: cut short?'
  }
}

function begun({ receiver, ms, use, opened, modes }: Extract<Line, { opened: unknown }>, deliver: (telegram: Telegram) => void): Opening {
  const clock = manualClock(opened === null ? null : Date.parse(opened))
  const spec = { name: receiver, use, at: 'recorded' }
  const dialect = USES[use].dialect
  const dialectFor: Parameters<typeof receiverSession>[1] = (context) => dialect(context, modes)
  // A stick has one host; of what nobody is spoken to, each sender is understood on its own.
  const senders = USES[use].spokenTo ? null : sendersSession(spec, dialectFor, isText(use), clock, silentLog)
  const session = senders ?? receiverSession(spec, dialectFor, clock, silentLog)
  const opening: Opening = { clock, session, senders, joined: new Map(), startMs: ms, asked: '', wasAsked: '' }
  session.deliverTo(deliver)
  session.state('opening', null)
  session.greet(
    (request) => {
      opening.asked += Buffer.from(request).toString('hex')
    },
    (trouble) => trouble === null && session.state('receiving', null),
  )
  return opening
}

/** `ended`: the source came to its end, nothing was torn off. */
function over({ session, joined }: Opening, ended: boolean): void {
  for (const one of joined.values()) one.gone(ended)
  joined.clear()
  session.hangUp(ended)
}

/** Of a source that is not spoken to and is no connection of many. */
const ALONE = 0

function played(event: Exclude<Line, { opened: unknown }>, opening: Opening | undefined): void {
  if (opening === undefined) return
  const { clock, session, senders, joined } = opening
  clock.advance(Math.max(0, event.ms - opening.startMs - clock.monotonicMs()))
  if ('out' in event) opening.wasAsked += Buffer.from(event.out).toString('hex')
  else if ('closed' in event) over(opening, event.closed === null)
  else if (senders === null) {
    if ('in' in event) session.data(event.in)
  } else if ('message' in event) senders.message(event.message)
  else if ('gone' in event) {
    joined.get(event.sender)?.gone(event.gone)
    joined.delete(event.sender)
  } else {
    const of = event.sender ?? ALONE
    if (!joined.has(of)) joined.set(of, senders.joined())
    joined.get(of)!.data(event.in)
  }
}
