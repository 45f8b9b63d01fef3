/** Kilowatt hours of one unit of energy, in every family that meters count in. */
export const KWH: Readonly<Record<string, number>> = {
  Wh: 1e-3,
  kWh: 1,
  MWh: 1e3,
  J: 1 / 3.6e6,
  kJ: 1 / 3600,
  MJ: 1 / 3.6,
  GJ: 1e3 / 3.6,
  Mcal: 1.163,
  Gcal: 1163,
}
