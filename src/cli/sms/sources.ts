import type { SourceState } from '../../reports/sms-sources.ts'
import { type Attach, configOf } from '../command.ts'
import { print, printJson, say } from '../output.ts'
import { table } from '../table.ts'
import { smsSourceRows } from './source-rows.ts'

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
      const rows = await smsSourceRows(configOf(command))
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
