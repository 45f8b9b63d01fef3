import type { Database } from './disk/database.ts'
import type { HourlyValue, Series, SeriesQuery } from './store.ts'

export const createSeries = (db: Database): Series => {
  const put = db.prepare<[HourlyValue]>(`
    INSERT INTO series (hour, meter, observed_at, registers) VALUES (@hour, @meter, @observedAt, @registers)
    ON CONFLICT DO UPDATE SET observed_at = excluded.observed_at, registers = excluded.registers
    WHERE excluded.observed_at > observed_at`)
  const select = db.prepare<[{ meter: string | null; from: number; before: number }], HourlyValue>(`
    SELECT hour, meter, observed_at AS observedAt, registers FROM series
    WHERE hour >= @from AND hour < @before AND (@meter IS NULL OR meter = @meter) ORDER BY hour, meter`)
  return {
    put: db.transaction((values: readonly HourlyValue[]) => {
      for (const value of values) put.run(value)
    }),
    list: ({ meter, from = 0, before = Number.MAX_SAFE_INTEGER }: SeriesQuery) => select.all({ meter: meter ?? null, from, before }),
  }
}
