import type { SmsActions } from '../../gateway/sms/asked.ts'
import { storedHabits } from '../../memory/habits.ts'
import { storedSmsSources } from '../../memory/sms-sources.ts'
import { type SourceState, smsSources } from '../../reports/sms-sources.ts'
import type { Store } from '../../store/store.ts'
import { type Attach, configOf } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { ask, reading } from '../store-access.ts'

type Rows = ReturnType<SmsActions['sources']>['meters']

const STATES: Readonly<Record<SourceState, string>> = {
  sms: 'by SMS alone',
  both: 'by SMS and by radio: end the way by SMS with varmesky sms supersede',
  replaced: 'replaced, and still by SMS: end that with varmesky sms supersede',
  ended: 'its way by SMS has ended',
}

export const smsSourcesList: Attach = (parent) =>
  void parent
    .command('sources')
    .description('which meters report by SMS, and which of them have begun to send by radio')
    .option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: true }, command) => {
      const config = configOf(command)
      const answer = await ask(config, 'sms.sources', {}).catch(() => null)
      const rows = answer ? (answer.result as { readonly meters: Rows }).meters : reading(config, stored)
      if (json) printJson(rows)
      else if (rows.length === 0) say('No meter has reported by SMS yet.')
      else
        print(
          table(
            ['METER', 'INSTALLATION', 'LAST SMS', 'LAST BY RADIO', 'REPLACED BY', ''],
            rows.map((r) => [r.meter, r.installation, r.lastSms, r.lastRadio, r.replacedBy, STATES[r.state]]),
          ),
        )
    })

/** As it was written last: without a daemon. */
const stored = (store: Store): Rows => smsSources(store.meters.list(), storedSmsSources(store.memory), storedHabits(store.memory))
