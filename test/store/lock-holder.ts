/** Takes the lock of a state directory, says so, and keeps it until it is killed. */
import { acquireLock } from '../../src/store/disk/lock.ts'

const lock = acquireLock(process.argv[2]!)
if (lock === null) console.log('refused')
else {
  console.log('held')
  // A lock that nothing refers to goes with the garbage.
  setInterval(() => lock, 1000)
}
