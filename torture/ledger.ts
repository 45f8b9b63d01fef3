import { Sqlite } from '../src/store/disk/sqlite.ts'

/** What came over the wire: a daily reading, as far as a consumer must understand it. */
interface Reading {
  readonly id: string
  readonly meter: { readonly manufacturer: string; readonly id: string }
  readonly day: string
  readonly precedence: number
  readonly registers: unknown
}

/** The consumer: keeps what comes by its id, and of one id the highest precedence. */
export interface Ledger {
  /** Keeps the body of a message and returns its id; null for what is no daily reading. */
  take(body: string): string | null
  size(): number
  /** Messages taken, doubles included. */
  taken(): number
  /** `stored id precedence` lines of a journal whose reading never came. */
  lost(journal: ReadonlySet<string>): readonly string[]
  /** Rows that say of a meter and day what another row says too, under another id. */
  doubled(): number
  /** World time at which an id first came, or undefined. */
  cameAt(id: string): number | undefined
  body(id: string): string | undefined
  ids(): readonly string[]
  /** Readings per meter and day. */
  days(): readonly { readonly meter: string; readonly day: string; readonly readings: number }[]
}

export const openLedger = (): Ledger => {
  const db = new Sqlite(':memory:')
  db.exec(
    `CREATE TABLE ledger (id TEXT PRIMARY KEY, meter TEXT, day TEXT, precedence INTEGER, registers TEXT, body TEXT, at INTEGER) STRICT`,
  )
  const upsert = db.prepare(`
    INSERT INTO ledger VALUES (@id, @meter, @day, @precedence, @registers, @body, @at)
    ON CONFLICT DO UPDATE SET precedence = excluded.precedence, body = excluded.body WHERE excluded.precedence > precedence`)
  const row = db.prepare<[string], { precedence: number; body: string; at: number }>('SELECT precedence, body, at FROM ledger WHERE id = ?')
  const count = db.prepare<[], number>('SELECT count(*) FROM ledger').pluck()
  const distinct = db.prepare<[], number>('SELECT count(*) FROM (SELECT DISTINCT meter, day, registers FROM ledger)').pluck()
  const days = db.prepare<[], { meter: string; day: string; readings: number }>(
    'SELECT meter, day, count(*) AS readings FROM ledger GROUP BY meter, day ORDER BY meter, day',
  )
  let taken = 0
  return {
    take(body) {
      const { id, meter, day, precedence, registers }: Reading = JSON.parse(body)
      if (id === undefined || registers === undefined) return null
      taken++
      const at = Date.now()
      upsert.run({ id, meter: `${meter.manufacturer}-${meter.id}`, day, precedence, registers: JSON.stringify(registers), body, at })
      return id
    },
    size: () => count.get()!,
    taken: () => taken,
    lost: (journal) =>
      [...journal].filter((line) => {
        const [word, id, precedence] = line.split(' ')
        return word === 'stored' && (row.get(id!)?.precedence ?? -1) < Number(precedence)
      }),
    doubled: () => count.get()! - distinct.get()!,
    cameAt: (id) => row.get(id)?.at,
    body: (id) => row.get(id)?.body,
    ids: () => db.prepare<[], string>('SELECT id FROM ledger').pluck().all(),
    days: () => days.all(),
  }
}
