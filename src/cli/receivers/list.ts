import { systemClock } from '../../clock.ts'
import type { GatewayStatus } from '../../control/status.ts'
import type { ReceiverHealth } from '../../receivers/receiver.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { print, printJson } from '../output.ts'
import { ageText } from '../status/text.ts'
import { ask } from '../store-access.ts'
import { table } from '../table.ts'

export const receiversList: Attach = (parent) =>
  void parent
    .command('list')
    .description('the receivers, how they do, and what was done about silence')
    .option('--json', 'as JSON')
    .action(async (options: { json?: true }, command) => {
      const config = configOf(command)
      const answer = await ask(config, 'status', {})
      if (answer) {
        const { receivers } = answer.result as GatewayStatus
        return options.json ? printJson(receivers) : print(healthText(receivers, systemClock().monotonicMs()))
      }
      if (options.json) printJson(config.receivers.map(({ name, use, at }) => ({ name, use, at, state: 'closed' })))
      else
        print(
          table(
            ['RECEIVER', 'USE', 'AT'],
            config.receivers.map(({ name, use, at }) => [name, use, at]),
          ),
        )
      throw failure('unreachable', 'The daemon is not running, so nothing is received:  sudo systemctl start varmesky')
    })

function healthText(receivers: readonly ReceiverHealth[], nowMs: number): string {
  if (receivers.length === 0) return 'No receivers are configured: "varmesky receivers probe" finds those that are plugged in.'
  const rows = receivers.map((r) => [
    r.name,
    r.use,
    r.state,
    r.telegrams,
    r.lastTelegramMs === null ? 'never' : `${ageText(nowMs - r.lastTelegramMs)} ago`,
    r.reopened,
    recoveriesText(r),
    r.device,
  ])
  const lines = receivers.map(({ name, at, trouble }) => `${name}: ${at}${trouble === null ? '' : `\n  ${trouble}`}`)
  return [table(['RECEIVER', 'USE', 'STATE', 'TELEGRAMS', 'LAST', 'REOPENED', 'FOR SILENCE', 'DEVICE'], rows), '', ...lines].join('\n')
}

/** `asked 12, set up 1`. */
const recoveriesText = ({ recoveries }: ReceiverHealth): string =>
  Object.entries(recoveries ?? {})
    .filter(([, times]) => times > 0)
    .map(([step, times]) => `${step} ${times}`)
    .join(', ')
