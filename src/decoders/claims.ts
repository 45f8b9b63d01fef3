import { deviceTypeText } from '../wmbus/device-type.ts'
import type { MeterMatch } from './decoder.ts'

const meet = (a: readonly number[] | undefined, b: readonly number[] | undefined): boolean => !a || !b || a.some((n) => b.includes(n))

/** Whether there are meters that both claim. */
export const overlap = (a: MeterMatch, b: MeterMatch): boolean =>
  a.manufacturer === b.manufacturer && meet(a.versions, b.versions) && meet(a.types, b.types)

const twoDigits = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0')

/** `ACM version 18 (hex 12), heat`: which meters a type claims. */
export const claimText = ({ manufacturer, versions, types }: MeterMatch): string => {
  const version = versions ? ` version ${versions.map((n) => `${n} (hex ${twoDigits(n)})`).join(', ')}` : ''
  return `${manufacturer}${version}, ${types ? types.map((type) => `${deviceTypeText(type)} (${type})`).join(', ') : 'every device type'}`
}
