/** `meters replace` as the daemon is asked for it, or as the command does it alone. */
import { z } from 'zod'
import { type Clock, utcText } from '../clock.ts'
import type { Config } from '../config.ts'
import { checked } from '../control/checked.ts'
import { controlError } from '../control/control-error.ts'
import { METER } from '../control/meter-entry.ts'
import type { DailyReading } from '../readings/daily-reading.ts'
import { dayOf } from '../readings/day.ts'
import { type Exchange, exchangeDraft, exchangeOf } from '../readings/exchange.ts'
import type { Meter, Store } from '../store/store.ts'

const registers = z
  .record(
    z.string().regex(/^[a-z][A-Za-z0-9]*$/),
    z.strictObject({ value: z.string().regex(/^\d+(?:\.\d+)?$/, 'must be a number such as 114.9316'), unit: z.string().min(1).max(12) }),
  )
  .nullable()

const argsSchema = z.strictObject({
  old: z.string().regex(METER),
  new: z.string().regex(METER),
  /** Left out: today. */
  day: z.iso.date().optional(),
  closing: registers,
  opening: registers,
})
export type ExchangeArgs = z.input<typeof argsSchema>

/** The old meter goes out of service, the new one takes over its place and the names of the place, and billing is told. */
export function exchangeAction(
  store: Store,
  { gateway, timeZone }: Pick<Config, 'gateway' | 'timeZone'>,
  clock: Clock,
  args: unknown,
): Exchange {
  const wanted = checked(argsSchema, args)
  const { closing, opening } = wanted
  const [before, after] = [registered(store, wanted.old), registered(store, wanted.new)]
  if (before.meter === after.meter) throw controlError('refused', 'A meter cannot replace itself.')
  if (after.retiredAt !== null)
    throw controlError('refused', `${after.meter} is out of service: "varmesky meters retire ${after.meter} --undo"`)
  const utcMs = clock.utcMs()
  if (utcMs === null) throw controlError('refused', 'The time is not known yet, and an exchange needs its day: try again in a minute.')
  const installation = after.installation ?? before.installation
  const last = store.outbox.readings({ meter: before.meter, limit: 1 })[0]
  const exchange = exchangeOf({
    gateway,
    day: wanted.day ?? dayOf(utcMs, timeZone),
    toldAt: utcText(utcMs),
    old: before.meter,
    new: after.meter,
    installation,
    closing,
    opening,
    last: last ? (JSON.parse(last.body) as DailyReading) : null,
  })
  store.meters.put([
    { meter: before.meter, retiredAt: 'now', replacedBy: after.meter, aliases: [] },
    { meter: after.meter, installation, aliases: [...new Set([...after.aliases, ...before.aliases])] },
  ])
  store.outbox.add(exchangeDraft(exchange))
  if (!store.outbox.flush()) throw controlError('failed', 'the disk refuses to store the exchange: it waits in memory. Is it full?')
  return exchange
}

function registered({ meters }: Store, meter: string): Meter {
  const found = meters.get(meter)
  if (found === undefined) throw controlError('refused', `${meter} is not registered: "varmesky meters add ${meter}" first.`)
  return found
}
