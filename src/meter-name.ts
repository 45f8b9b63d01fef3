/** What a meter is called, and which one a name means: the one place where names are resolved, for commands, SMS texts and frames. */
import type { Meter } from './store/store.ts'

const SPELLING = /^([A-Z]{3})?[-_./]?([0-9A-F]{1,8})$/

export interface MeterName {
  /** `KAM-07134347`. */
  readonly meter: string
  /** The digits as written, where leading zeros had to be put back. */
  readonly shortened: string | null
}

/** A meter's name as people write it: any case, spaces, without its leading zeros; `manufacturer` where the text has none. */
export const parseMeter = (text: string, manufacturer = ''): MeterName | { readonly problem: string } => {
  const [, letters, digits] = SPELLING.exec(text.toUpperCase().replace(/\s/g, '')) ?? []
  const maker = manufacturer.toUpperCase().trim()
  if (!digits) return { problem: 'is not a meter: write three letters, "-" and up to eight digits, as in KAM-07134347' }
  if (letters && maker && letters !== maker) return { problem: `says ${letters}, but the manufacturer is given as ${maker}` }
  if (!/^[A-Z]{3}$/.test(letters ?? maker)) return { problem: 'has no manufacturer: three letters, as in KAM-07134347' }
  return { meter: `${letters ?? maker}-${digits.padStart(8, '0')}`, shortened: digits.length < 8 ? digits : null }
}

type Named = Pick<Meter, 'meter' | 'label' | 'installation' | 'aliases' | 'wired' | 'retiredAt'>

/**
 * The registered meters that a text means: by name, number alone, alias, wired id, label or installation number. Of several the one
 * of this very name, else those in service; one is what it should be.
 */
export const resolveMeter = <M extends Named>(meters: readonly M[], text: string): readonly M[] => {
  const name = parseMeter(text)
  const number = text.replace(/\s/g, '').toUpperCase().padStart(8, '0')
  const id = 'meter' in name ? name.meter.slice(4) : number
  const isNamed = ({ meter }: M): boolean => 'meter' in name && meter === name.meter
  const found = meters.filter(
    (each) =>
      isNamed(each) ||
      each.meter.slice(4) === number ||
      each.label === text ||
      each.installation === text ||
      each.aliases.includes(text) ||
      each.wired.some((wired) => wired === text || wired.padStart(8, '0') === id),
  )
  const inService = found.filter(({ retiredAt }) => retiredAt === null)
  const named = inService.filter(isNamed)
  return [named, inService, found].find((some) => some.length > 0) ?? []
}

/** Every text by which a meter may be asked for, to find what was meant. */
export const namesOf = ({ meter, label, installation, aliases, wired }: Named): readonly string[] =>
  [meter, label, installation, ...aliases, ...wired].filter((name) => name !== null)
