import type { Database } from './disk/database.ts'
import type { KeptTelegram, Telegrams } from './store.ts'

export const createTelegrams = (db: Database): Telegrams => {
  const put = db.prepare<[KeptTelegram]>(`
    INSERT INTO telegrams (day, meter, heard_at, crc, bytes) VALUES (@day, @meter, @heardAt, @crc, @bytes)
    ON CONFLICT DO UPDATE SET heard_at = excluded.heard_at, crc = excluded.crc, bytes = excluded.bytes`)
  const select = db.prepare<[{ from: string; meter: string | null }], KeptTelegram>(`
    SELECT meter, day, heard_at AS heardAt, crc, bytes FROM telegrams
    WHERE day >= @from AND (@meter IS NULL OR meter = @meter) ORDER BY day, meter`)
  return {
    keep: db.transaction((telegrams: readonly KeptTelegram[]) => {
      for (const telegram of telegrams) put.run(telegram)
    }),
    list: ({ from = '', meter = null }: { readonly from?: string; readonly meter?: string | null }) => select.all({ from, meter }),
  }
}
