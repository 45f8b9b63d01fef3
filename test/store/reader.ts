/** Opens a state directory as a user without special rights and prints what memory holds, or why it cannot. */
import { openReadOnlyDatabase } from '../../src/store/database.ts'

if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(65534)
  process.setuid?.(65534)
}
try {
  console.log(openReadOnlyDatabase(process.argv[2]!).prepare('SELECT value FROM memory').pluck().get())
} catch (error) {
  console.log((error as Error).message)
}
