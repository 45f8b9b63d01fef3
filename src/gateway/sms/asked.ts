/** What the control socket may be asked of the way in by SMS. Rejects, or throws, with what stands in the way. */
import { z } from 'zod'
import { checked } from '../../control/checked.ts'
import { controlError } from '../../control/control-error.ts'
import { type SourceRow, smsSources } from '../../reports/sms-sources.ts'
import type { Asking } from '../../sms/asking.ts'
import type { Inbox } from '../../sms/inbox.ts'
import type { Modem } from '../../sms/modem/modem.ts'
import { meterCalled } from './find.ts'
import type { SmsLineParts } from './line.ts'

export interface SmsActions {
  accept(args: unknown): { readonly accepted: number; readonly meter: string }
  reject(args: unknown): { readonly rejected: number }
  ask(args: unknown): Promise<{ readonly asked: string }>
  /** Ends the way by SMS of one meter, or takes that back. */
  supersede(args: unknown): { readonly meter: string; readonly ended: boolean }
  sources(): { readonly meters: readonly SourceRow[] }
}

export interface SmsAsked extends Pick<SmsLineParts, 'store' | 'sources' | 'habits'> {
  readonly inbox: Inbox
  /** Null without a modem. */
  readonly asking: Asking | null
  readonly modem: Pick<Modem, 'health'> | null
  /** Of those that may be asked. */
  phones(): ReadonlyMap<string, string>
}

const messageSchema = z.strictObject({ message: z.number().int().positive() })
const meterSchema = z.strictObject({ meter: z.string().min(1).max(64) })
const supersedeSchema = meterSchema.extend({ undo: z.boolean() })

const NOT_ASKED = {
  limit: 'as many questions as sms.ask.perDay allows were sent today',
  'not sent': 'the modem did not confirm that it was sent: varmesky status says how it does',
} as const

export function smsActions({ store, sources, habits, inbox, asking, modem, phones }: SmsAsked): SmsActions {
  return {
    accept(args) {
      const { message } = checked(messageSchema, args)
      const done = inbox.accept(message)
      if ('problem' in done) throw controlError('refused', `Message ${message} stays where it is: ${done.problem}.`)
      return { accepted: message, meter: done.meter }
    },
    reject(args) {
      const { message } = checked(messageSchema, args)
      const problem = inbox.reject(message)
      if (problem) throw controlError('refused', `Nothing was done: ${problem.problem}.`)
      return { rejected: message }
    },
    async ask(args) {
      const { meter } = known(checked(meterSchema, args).meter)
      if (asking === null || modem === null) throw controlError('refused', 'There is no modem to ask with (sms.modem).')
      if (!phones().has(meter)) throw controlError('refused', `${meter} has no number in the list of senders, or its way by SMS has ended.`)
      const { state, trouble } = modem.health()
      if (state !== 'receiving') throw controlError('refused', `${meter} was not asked: the modem is not ready (${trouble ?? state}).`)
      const outcome = await asking.ask(meter)
      if (outcome !== 'asked') throw controlError('refused', `${meter} was not asked: ${NOT_ASKED[outcome]}.`)
      return { asked: meter }
    },
    supersede(args) {
      const { meter: name, undo } = checked(supersedeSchema, args)
      const { meter } = known(name)
      if (!sources.end(meter, !undo))
        throw controlError(
          'refused',
          `${meter} has never reported by SMS, so there is nothing to end: take its line out of the list of senders.`,
        )
      return { meter, ended: !undo }
    },
    sources: () => ({ meters: smsSources(store.meters.list(), sources.meters, habits) }),
  }
  function known(name: string) {
    const meter = meterCalled(store, name)
    if (meter === null) throw controlError('invalid', 'There is no such meter, or several are called so: varmesky meters list')
    return meter
  }
}
