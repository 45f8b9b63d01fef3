import type { Config } from '../../config.ts'
import type { SmsActions } from '../../gateway/sms/asked.ts'
import { storedHabits } from '../../memory/habits.ts'
import { storedSmsSources } from '../../memory/sms-sources.ts'
import { smsSources } from '../../reports/sms-sources.ts'
import type { Store } from '../../store/store.ts'
import { ask, reading } from '../store-access.ts'

type Rows = ReturnType<SmsActions['sources']>['meters']

/** Meters that report by SMS: as the daemon has it, else as it was last written down. */
export async function smsSourceRows(config: Config): Promise<Rows> {
  const answer = await ask(config, 'sms.sources', {}).catch(() => null)
  return answer ? (answer.result as { readonly meters: Rows }).meters : reading(config, stored)
}

const stored = (store: Store): Rows => smsSources(store.meters.list(), storedSmsSources(store.memory), storedHabits(store.memory))
