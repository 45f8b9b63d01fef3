/** Most a register can grow in an hour, by its unit: far above the largest building, far below a false decryption. */
export const MOST_PER_HOUR: Readonly<Record<string, number>> = {
  Wh: 1e8,
  kWh: 1e5,
  MWh: 100,
  J: 3.6e11,
  kJ: 3.6e8,
  MJ: 3.6e5,
  GJ: 360,
  Mcal: 8.6e4,
  m3: 3000,
  h: 1.1,
  d: 0.05,
  s: 3960,
  min: 66,
}

/** What no measurement uncertainty explains. */
export const MARGIN = 1.2
