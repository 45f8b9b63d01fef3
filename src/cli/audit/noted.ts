import type { Config } from '../../config.ts'
import type { ActionArgs } from '../../control/actions.ts'
import { say } from '../output.ts'
import { change } from '../store-access.ts'

/**
 * Puts what takes data out into the audit, by the daemon where one runs. Who may read the file may read it with any program, so that
 * one who may not write the audit is only told so.
 */
export const noted = async (config: Config, args: ActionArgs<'audit.note'>): Promise<void> => {
  try {
    await change(config, 'audit.note', args)
  } catch {
    say('This is not noted in the audit: no daemon took it, and this user may not write there.')
  }
}
