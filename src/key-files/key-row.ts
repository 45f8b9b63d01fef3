/** One meter of a key file, as it is written there; what the file does not say is an empty text. */
export interface KeyRow {
  /** Where in the file or directory it stands, for people: `KEM meter 3`, `MyHeat`. */
  readonly at: string
  readonly meter: string
  readonly manufacturer: string
  /** 32 hex digits where the file is sound; checked by whoever takes it. */
  readonly key: string
  readonly label: string
  readonly installation: string
}

/** Why a file cannot be read, and what to try; never with a part of its content. */
export interface Problem {
  readonly problem: string
}
