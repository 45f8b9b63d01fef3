import type { Command } from 'commander'
import { configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { ask } from '../store-access.ts'

/** Asks the daemon for what only it can do: it has the modem, and the readings of the day. */
export async function askSms(command: Command, action: string, args: unknown): Promise<unknown> {
  const answer = await ask(configOf(command), action, args)
  if (answer) return answer.result
  throw failure('unreachable', 'No daemon answers, and only it can do this: sudo systemctl start varmesky')
}
