/** Takes one long step of a migration on a state directory, until it is killed. */
import { join } from 'node:path'
import { migrate } from '../../src/store/disk/database.ts'
import { MIGRATIONS } from '../../src/store/disk/migrations.ts'
import { Sqlite } from '../../src/store/disk/sqlite.ts'

const [directory] = process.argv.slice(2) as [string]
const db = new Sqlite(join(directory, 'varmesky.db'))
db.function('tell', () => {
  console.log('in the middle')
  return 'changed'
})
migrate(db, [
  ...MIGRATIONS,
  `CREATE TABLE later (x INTEGER) STRICT;
  UPDATE meters SET label = tell();
  INSERT INTO later WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000000) SELECT x FROM n`,
])
