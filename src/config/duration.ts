const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Whole seconds, minutes, hours or days as the configuration writes them: `30s`, `15m`, `2h`, `1d`. */
export const DURATION = /^(\d{1,6})([smhd])$/

/** Milliseconds of a duration; the text must match `DURATION`. */
export const durationMs = (text: string): number => {
  const [, count, unit] = DURATION.exec(text)!
  return Number(count) * UNITS[unit!]!
}

/** The shortest exact way to write a duration: 5_400_000 is `90m`. */
export const durationText = (ms: number): string => {
  const unit = ['d', 'h', 'm'].find((u) => ms > 0 && ms % UNITS[u]! === 0) ?? 's'
  return `${ms / UNITS[unit]!}${unit}`
}
