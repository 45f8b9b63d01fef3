/** Takes the lock of a state directory, says so, and keeps it until it is killed. */
import { acquireLock } from '../../src/store/disk/lock.ts'

if (acquireLock(process.argv[2]!) === null) console.log('refused')
else {
  console.log('held')
  setInterval(() => {}, 1000)
}
