/** When a telegram's last byte arrived, told three ways so that no later clock step can falsify it. */
export interface Heard {
  /** Identifies the boot the monotonic time counts from (Linux: /proc/sys/kernel/random/boot_id). */
  readonly bootId: string
  /** Milliseconds of the monotonic clock. */
  readonly monotonicMs: number
  /** Milliseconds since 1970 UTC, or null while the wall clock is not known to be right. */
  readonly utcMs: number | null
}

/**
 * What the receiver states about the data link CRCs of the bytes it delivers (EN 13757-4, frame formats A and B).
 * Only `unknown` (loose hex of unknown origin) may be guessed, and the guess is noted.
 */
export type CrcLayout = 'A' | 'B' | 'AorB' | 'stripped' | 'wired' | 'unknown'

/** Link modes of EN 13757-4 as the configuration, captures and commands write them. */
export const LINK_MODES = ['s1', 's1m', 's2', 't1', 't2', 'c1', 'c2', 'r2', 'n1', 'n2'] as const
export type LinkMode = (typeof LINK_MODES)[number]

/** Bytes as one receiver delivered them: the only thing that enters the pipeline. */
export interface Telegram {
  readonly bytes: Uint8Array
  readonly crc: CrcLayout
  readonly heard: Heard
  /** Name of the receiver in the configuration. */
  readonly receiver: string
  /** Received signal strength in dBm, or null where the receiver does not tell dBm. */
  readonly rssi: number | null
  readonly mode: LinkMode | null
}
