/** One meter takes the place of another: where the one ended, where the other began. Never a difference across the two. */
import { createHash } from 'node:crypto'
import type { Draft } from '../store/outbox/messages.ts'
import type { DailyReading, RegisterValue } from './daily-reading.ts'

export type Registers = Readonly<Record<string, Pick<RegisterValue, 'value' | 'unit'>>>

/** Where a meter stood: read off its display by a person, or its last reading. Without registers nobody has told. */
export interface Standing {
  /** `KAM-07134347`. */
  readonly meter: string
  readonly registers?: Registers
  readonly evidence?: { readonly kind: 'display' } | { readonly kind: 'reading'; readonly id: string; readonly observedAt: string }
}

/** The message of an exchange (docs/mqtt). Property order is the order on the wire. */
export interface Exchange {
  readonly schema: 'varmesky.exchange/1'
  /** New meter, day and 12 hex of SHA-256 over what is told. */
  readonly id: string
  readonly gateway: string
  /** Local calendar day, YYYY-MM-DD. */
  readonly day: string
  readonly installation?: string
  readonly closing: Standing
  readonly opening: Standing
  /** When it was told, RFC 3339 UTC; of two for the same pair the later stands. */
  readonly toldAt: string
}

export interface ExchangeFacts extends Pick<Exchange, 'gateway' | 'day' | 'toldAt'> {
  readonly old: string
  readonly new: string
  readonly installation: string | null
  /** As read off the displays. */
  readonly closing: Registers | null
  readonly opening: Registers | null
  /** The old meter's last reading, in place of a display nobody read. */
  readonly last: DailyReading | null
}

export function exchangeOf(facts: ExchangeFacts): Exchange {
  const { gateway, day, toldAt, installation } = facts
  const closing: Standing = { meter: facts.old, ...(facts.closing ? onDisplay(facts.closing) : lastRead(facts.last)) }
  const opening: Standing = { meter: facts.new, ...(facts.opening && onDisplay(facts.opening)) }
  const digest = createHash('sha256')
    .update(JSON.stringify([closing, opening, installation]))
    .digest('hex')
  return {
    schema: 'varmesky.exchange/1',
    id: `${facts.new}/exchange/${day}/${digest.slice(0, 12)}`,
    gateway,
    day,
    ...(installation !== null && { installation }),
    closing,
    opening,
    toldAt,
  }
}

const onDisplay = (registers: Registers): Omit<Standing, 'meter'> => ({ registers, evidence: { kind: 'display' } })

const lastRead = (last: DailyReading | null): Omit<Standing, 'meter'> =>
  last === null
    ? {}
    : {
        registers: Object.fromEntries(Object.entries(last.registers).map(([name, { value, unit }]) => [name, { value, unit }])),
        evidence: { kind: 'reading', id: last.id, observedAt: last.evidence.observedAt },
      }

/** As the outbox takes it; of the new meter. */
export const exchangeDraft = (exchange: Exchange): Draft => ({
  kind: 'exchange',
  id: exchange.id,
  meter: exchange.opening.meter,
  day: null,
  precedence: null,
  body: JSON.stringify(exchange),
})
