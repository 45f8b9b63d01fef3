import { z } from 'zod'
import type { ExceptionQuery } from '../store/outbox/messages.ts'
import type { Store } from '../store/store.ts'
import { checked } from './checked.ts'
import { controlError } from './control-error.ts'
import { METER, meterEntrySchema } from './meter-entry.ts'
import { exceptionsSchema, resendSchema } from './resend-args.ts'
import type { ControlActions } from './server.ts'

const action =
  <Args extends z.ZodType, Result>(schema: Args, perform: (store: Store, args: z.output<Args>) => Result) =>
  (store: Store, args: z.input<Args>): Result =>
    perform(store, checked(schema, args))

const FACT = z.union([z.string().max(200), z.number(), z.boolean(), z.null()])

const given = ({ sink, seqs }: { sink?: string | undefined; seqs?: number[] | undefined }): ExceptionQuery => ({
  ...(sink !== undefined && { sink }),
  ...(seqs !== undefined && { seqs }),
})

/**
 * Everything that changes the store at somebody's request: asked of the running daemon over the control socket, or done by
 * the command itself where no daemon holds the store. Meter keys travel as 32 hex digits.
 */
export const ACTIONS = {
  /** Adds one meter; refuses to change one that is there. */
  'meters.add': action(z.strictObject({ entry: meterEntrySchema }), (store, { entry }) => {
    const { meter } = entry
    if (store.meters.get(meter)) throw controlError('refused', `${meter} is registered already: "varmesky meters set ${meter}" changes it.`)
    store.meters.put([entry])
    return { added: meter }
  }),
  /** Adds meters, and changes those that are there already: all of them or none. */
  'meters.put': action(z.strictObject({ entries: z.array(meterEntrySchema).min(1) }), (store, { entries }) => {
    const added = entries.filter(({ meter }) => store.meters.get(meter) === undefined).length
    store.meters.put(entries)
    return { added, changed: entries.length - added }
  }),
  /** Removes a meter and its key; its readings stay. */
  'meters.remove': action(z.strictObject({ meter: z.string().regex(METER) }), (store, { meter }) => ({
    removed: store.meters.remove(meter),
  })),
  /** Removes a meter and everything that is stored of it. */
  'meters.forget': action(z.strictObject({ meter: z.string().regex(METER) }), (store, { meter }) => {
    const rows = store.forget(meter)
    if (rows === null) throw controlError('refused', `${meter} is not registered, so nothing was removed.`)
    return { forgotten: meter, rows }
  }),
  /** For commands that only read, and take out what they read. */
  'audit.note': action(
    z.strictObject({ what: z.enum(['export', 'backup']), facts: z.record(z.string().max(32), FACT) }),
    (store, { what, facts }) => {
      store.audit.note(what, null, facts)
      return {}
    },
  ),
  /** Has the readings of a span of days sent again. */
  'readings.resend': action(resendSchema, (store, { meter, ...span }) => ({
    requeued: store.outbox.resend({ ...span, ...(meter !== undefined && { meter }) }),
  })),
  /** Tries held and refused messages again now. */
  'outbox.retry': action(exceptionsSchema, (store, args) => ({ retried: store.outbox.retry(given(args)) })),
  /** Gives held and refused messages up. */
  'outbox.drop': action(exceptionsSchema, (store, args) => ({ dropped: store.outbox.drop(given(args)) })),
}

export type ActionName = keyof typeof ACTIONS
export type ActionArgs<Name extends ActionName> = Parameters<(typeof ACTIONS)[Name]>[1]
export type ActionResult<Name extends ActionName> = ReturnType<(typeof ACTIONS)[Name]>

/** What they change in the store is done in the name of who asks. */
export const inNameOf = <Actions extends ControlActions>(store: Store, actions: Actions): ControlActions =>
  Object.fromEntries(
    Object.entries(actions).map(([name, perform]) => [name, (args: unknown, by: string) => store.audit.by(by, () => perform(args, by))]),
  )

/** The actions bound to an open store, as the control socket takes them. */
export const storeActions = (store: Store): Readonly<Record<string, (args: unknown) => unknown>> =>
  Object.fromEntries(Object.entries(ACTIONS).map(([name, perform]) => [name, (args: unknown) => perform(store, args as never)]))
