/** What the control socket may be asked of a running gateway. */
import { exchangeAction } from '../actions/exchange.ts'
import { keyActions } from '../actions/keys.ts'
import { purgeAction } from '../actions/purge.ts'
import { redecodeAction } from '../actions/redecode.ts'
import { inNameOf, storeActions } from '../control/actions.ts'
import type { HabitsAnswer } from '../control/habits.ts'
import { heardAction } from '../control/heard.ts'
import { resetAction } from '../control/receivers.ts'
import { waitAction } from '../control/wait.ts'
import { habitsNow } from './habits-now.ts'
import type { Parts } from './parts.ts'

export function actionsOf(parts: Parts) {
  const { config, clock, log, store, tell, receivers, hearing, awaited, retention, rule, sms, status } = parts
  const health = () => receivers.map((receiver) => receiver.health())
  const { onAir, unlisted, reception, protection } = hearing
  return inNameOf(store, {
    ...storeActions(store),
    ...keyActions(hearing.trial),
    status,
    heard: heardAction({ onAir, unlisted: unlisted !== null, nowMs: clock.monotonicMs, receivers: health }),
    reception: () => reception.state(clock.monotonicMs()),
    habits: (): HabitsAnswer => {
      const { meters, ...rest } = habitsNow(parts)
      return { ...rest, meters: Object.fromEntries(meters) }
    },
    protection: () => ({ meters: Object.fromEntries(protection.meters) }),
    redecode: (args: unknown) => redecodeAction(store, config, log, args),
    'meters.replace': (args: unknown) => exchangeAction(store, config, clock, args),
    'meters.wait': waitAction({ awaited, nowMs: clock.monotonicMs, receivers: health, meter: store.meters.get }),
    'receivers.reset': resetAction(receivers),
    'db.purge': (args: unknown) => purgeAction({ store, clock, rule, date: retention.advance, tell }, args),
    ...(sms && {
      'sms.accept': sms.actions.accept,
      'sms.reject': sms.actions.reject,
      'sms.ask': sms.actions.ask,
      'sms.sources': sms.actions.sources,
      'sms.supersede': sms.actions.supersede,
    }),
  })
}
