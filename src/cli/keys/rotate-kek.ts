import { existsSync } from 'node:fs'
import { systemClock } from '../../clock.ts'
import { acquireLock } from '../../store/disk/lock.ts'
import { DEFAULT_KEK } from '../../store/meters/kek.ts'
import { rotateKek } from '../../store/meters/kek-rotation.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { count, print } from '../output.ts'
import { who } from '../who.ts'

export const keysRotateKek: Attach = (parent) =>
  void parent
    .command('rotate-kek')
    .description(
      'make a new key-encryption key and seal all meter keys with it, while the daemon is stopped; cut off, it goes on when asked again',
    )
    .action((_, command) => {
      const config = configOf(command)
      const { stateDirectory: directory, kekFile: file = DEFAULT_KEK } = config
      if (!existsSync(file)) throw failure('failed', `There is no ${file}. ${CREDENTIAL}`)
      const lock = acquireLock(directory)
      if (!lock)
        throw failure('refused', `The daemon runs on ${directory}: stop it first (sudo systemctl stop varmesky), and start it afterwards.`)
      try {
        const by = { who: who(), at: systemClock(config.clock.trust).utcMs() }
        const { from, to, keys, unopened } = rotateKek({ directory, file, by })
        print(`${count(keys, 'key')} sealed with key-encryption key ${to}; ${from} is gone from this box.`)
        if (unopened.length > 0) print(`Damaged before, and to be imported again: ${unopened.join(', ')}`)
        print(BACKUPS)
      } finally {
        lock.release()
      }
    })

const CREDENTIAL = 'Where systemd keeps the key as an encrypted credential, docs/operations.md says how to change it.'

const BACKUPS = `Backups made before this need the old key. Those made with a passphrase have it in them; those of the backup timer have not:
keep the one with the passphrase that belongs to them. Now make a new one, with a passphrase, off the box:  sudo varmesky backup FILE`
