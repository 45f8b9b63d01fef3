/** An open, or opening, way to the bytes of a receiver. */
export interface Link {
  write(bytes: Uint8Array): void
  /** Ends it, even while it is still opening. Resolves once nothing of it is left open; no event comes after the call. */
  close(): Promise<void>
}

/** None of these is called before `open` has returned. */
export interface LinkEvents {
  opened(): void
  /** The bytes are the listener's only until it returns. */
  data(bytes: Uint8Array): void
  /** Could not be opened, or is open no longer: the trouble in words that say what to try; null: the source has ended for good. */
  closed(trouble: string | null): void
}

/** Where bytes come from. A port opens once; who wants it open for ever asks again (`keepOpen`). */
export interface Port {
  open(events: LinkEvents): Link
}
