/** Opens state directories as a user without special rights and prints what memory holds there, or why that cannot be told. */
import { openReadOnlyDatabase } from '../../src/store/disk/database.ts'

if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(65534)
  process.setuid?.(65534)
}
for (const directory of process.argv.slice(2)) {
  try {
    console.log(openReadOnlyDatabase(directory).prepare('SELECT value FROM memory').pluck().get())
  } catch (error) {
    console.log((error as Error).message)
  }
}
