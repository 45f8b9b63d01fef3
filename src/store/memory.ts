import type { Database } from './disk/database.ts'
import type { Memory } from './store.ts'

export const createMemory = (db: Database): Memory => {
  const select = db.prepare<[kind: string], { key: string; value: string }>('SELECT key, value FROM memory WHERE kind = ?')
  const put = db.prepare('INSERT INTO memory (kind, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
  const remove = db.prepare('DELETE FROM memory WHERE kind = ? AND key = ?')
  return {
    load: (kind) => new Map(select.all(kind).map(({ key, value }) => [key, value])),
    save: db.transaction((kind: string, entries: ReadonlyMap<string, string | null>) => {
      for (const [key, value] of entries) {
        if (value === null) remove.run(kind, key)
        else put.run(kind, key, value)
      }
    }),
  }
}
