import type { LinkMode } from '../../wmbus/telegram.ts'

/** One way a receiver can be set. */
export interface Setting {
  readonly name: string
  /** What it hears then, all at once. */
  readonly hears: readonly LinkMode[]
}

/**
 * The first of the settings that hears all that is wanted; where nothing is, the one that hears the most. A text says why there is
 * none, and what can be set; `hint` is added to what cannot.
 */
export function settingFor<S extends Setting>(
  settings: readonly S[],
  wanted: readonly LinkMode[] | undefined,
  device: string,
  hint = '',
): S | string {
  const found = wanted ? settings.find((setting) => hearsAll(setting, wanted)) : hearsMost(settings)
  return found ?? `${device} cannot hear [${(wanted ?? []).join(', ')}] at once${hint}: set modes to one of ${choices(settings)}`
}

export const hearsAll = ({ hears }: Setting, wanted: readonly LinkMode[]): boolean => wanted.every((mode) => hears.includes(mode))

const hearsMost = <S extends Setting>(settings: readonly S[]): S | undefined =>
  settings.find(({ hears }) => settings.every((other) => other.hears.length <= hears.length))

const choices = (settings: readonly Setting[]): string => [...new Set(settings.map(({ hears }) => `[${hears.join(', ')}]`))].join(' ')

/**
 * The mode a telegram was heard in, where the device itself does not tell and is set so that there is only one. A mode's numbers are
 * one on the way up: what a meter in T1 sends and what one in T2 sends differ in nothing.
 */
export function modeHeard(setting: Setting | null): LinkMode | null {
  const [first, ...others] = setting?.hears ?? []
  return first !== undefined && others.every((mode) => mode[0] === first[0]) ? first : null
}
