import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { ACTIONS, type ActionArgs, type ActionName, type ActionResult } from '../control/actions.ts'
import { askDaemon, isUnreachable, type Unreachable } from '../control/client.ts'
import { socketPath } from '../control/protocol.ts'
import { acquireLock } from '../store/disk/lock.ts'
import { DEFAULT_KEK, loadKek } from '../store/meters/kek.ts'
import { kekIdIfAny } from '../store/meters/kek-id.ts'
import { openStore } from '../store/open.ts'
import type { Meter, Store } from '../store/store.ts'
import { failure } from './failure.ts'
import { who } from './who.ts'

const PATIENCE_MS = 30_000

/** Asks the running daemon. Rejects with its refusal, or with a failure where it cannot be asked; null: there is no daemon. */
export const ask = async (config: Config, action: string, args: unknown): Promise<{ readonly result: unknown } | null> => {
  const path = socketPath(config.runtimeDirectory)
  const patience = new AbortController()
  const cancel = systemClock().after(PATIENCE_MS, () => patience.abort())
  try {
    return { result: await askDaemon(path, action, args, patience.signal, who()) }
  } catch (error) {
    if (!isUnreachable(error)) throw error
    if (error.unreachable === 'absent') return null
    throw failure('unreachable', UNREACHABLE[error.unreachable](path))
  } finally {
    cancel()
  }
}

const UNREACHABLE: Readonly<Record<Exclude<Unreachable['unreachable'], 'absent'>, (path: string) => string>> = {
  forbidden: (path) => {
    const group = groupOf(path)
    return `This user may not talk to the daemon: that needs the group ${group}.
  sudo usermod -aG ${group} $USER     and log in again, or use sudo for this one command`
  },
  silent: (path) =>
    `The daemon takes no questions at ${path}, or stopped in the middle of one: what was asked may or may not have been done. Look at its log:
  journalctl -u varmesky`,
}

/** The group that may use the socket: its own, or that of the directory that hides it. */
const groupOf = (path: string): string => {
  const gid = (statOf(path) ?? statOf(dirname(path)))?.gid
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((group) => Number(group.split(':')[2]) === gid)
  return line?.split(':')[0] || 'varmesky'
}

const statOf = (path: string) => {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** Does one changing action: the daemon where one runs, which then acts by it from the next telegram on; else this command. */
export const change = async <Name extends ActionName>(config: Config, name: Name, args: ActionArgs<Name>): Promise<ActionResult<Name>> => {
  const answer = await ask(config, name, args)
  if (answer) return answer.result as ActionResult<Name>
  return writing(config, (store) => ACTIONS[name](store, args as never) as ActionResult<Name>)
}

/** The key-encryption key of this box's state. */
export const kekFor = ({ kekFile, stateDirectory }: Config): Uint8Array | null =>
  loadKek(kekFile, process.env['CREDENTIALS_DIRECTORY'], () => kekIdIfAny(stateDirectory))

/** Changes the store without a daemon: with its lock and its key-encryption key, or a failure that says what is missing. */
export const writing = <Result>(config: Config, perform: (store: Store) => Result): Result => {
  const { stateDirectory: directory, kekFile = DEFAULT_KEK } = config
  const kek = alone(() => kekFor(config), `there is no key-encryption key in ${kekFile} ("varmesky init" makes one)`)
  const lock = alone(() => acquireLock(directory), `another process writes in ${directory} just now, try again in a moment`)
  try {
    const store = openStore({ directory, kek, clock: systemClock(config.clock.trust) })
    try {
      return store.audit.by(who(), () => perform(store))
    } finally {
      store.close()
    }
  } finally {
    lock.release()
  }
}

/** Something that a command must have to write without a daemon; `missing` says why it is not to be had. */
const alone = <Needed>(take: () => Needed | null, missing: string): Needed => {
  let reason = missing
  try {
    const needed = take()
    if (needed !== null) return needed
  } catch (error) {
    reason = (error as Error).message
  }
  throw failure(
    'unreachable',
    `No daemon answers, and this command cannot do it alone: ${reason}.
Start the daemon (sudo systemctl start varmesky), or run this command with sudo.`,
  )
}

/** Reads the database as it is, beside a running daemon or without one. */
export const reading = <Result>(config: Config, look: (store: Store) => Result): Result => {
  const store = openStore({ directory: config.stateDirectory, kek: null, clock: systemClock(), readonly: true })
  try {
    return look(store)
  } finally {
    store.close()
  }
}

/** The same, or null before the state directory was first written to. */
export const readingIfAny = <Result>(config: Config, look: (store: Store) => Result): Result | null => {
  try {
    return reading(config, look)
  } catch (error) {
    if (error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null
    throw error
  }
}

export const registeredMeters = (config: Config): readonly Meter[] => readingIfAny(config, (store) => store.meters.list()) ?? []
