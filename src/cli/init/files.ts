import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createKekFile } from '../../store/meters/kek.ts'
import { failure } from '../failure.ts'
import { say } from '../output.ts'

/** What becomes the service user's, where root makes it. */
type Owned = 'whole' | 'group' | 'nothing'

/** Makes something where nothing is, and says so. */
const make = (path: string, create: (path: string) => void, owned: Owned): void => {
  if (existsSync(path)) {
    say(`kept  ${path}`)
    return
  }
  try {
    create(path)
    giveAway(path, owned)
  } catch (error) {
    if (!DENIED.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    throw failure(
      'failed',
      `This user may not make ${path}:\n  sudo varmesky init                           for a real installation\n  varmesky init --directory ~/varmesky         for a trial`,
    )
  }
  say(`made  ${path}`)
}

const DENIED: readonly string[] = ['EACCES', 'EPERM', 'EROFS']

/** The service user's, who writes in it; others of the group may look. */
export const makeDirectory = (path: string): void =>
  make(path, (directory) => mkdirSync(directory, { recursive: true, mode: 0o750 }), 'whole')

/** Root's, read by the service user's group. */
export const makeConfigFile = (path: string, text: string): void => {
  makeParent(path)
  make(path, (file) => writeFileSync(file, text, { flag: 'wx', mode: 0o640 }), 'group')
}

/** Its maker's alone: the service gets the key from systemd as a credential. */
export const makeKekFile = (path: string): void => {
  makeParent(path)
  make(path, createKekFile, 'nothing')
}

const makeParent = (path: string): void => {
  const directory = dirname(path)
  if (!existsSync(directory)) make(directory, (missing) => mkdirSync(missing, { recursive: true, mode: 0o750 }), 'group')
}

const giveAway = (path: string, owned: Owned): void => {
  const user = owned === 'nothing' || process.getuid?.() !== 0 ? undefined : serviceUser()
  if (user) chownSync(path, owned === 'whole' ? user.uid : 0, user.gid)
}

/** The user the package or the administrator made for the daemon, if there is one. */
const serviceUser = (): { uid: number; gid: number } | undefined => {
  const [, uid, gid] = /^varmesky:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}
