/** Where a CI-field leads: a layer with its own parser, or an application layer behind a transport header. */
export type Layer = 'ell' | 'nwl' | 'afl' | 'apl'
export type Header = 'none' | 'short' | 'long' | 'fixed'
/** What the application layer holds. */
export type Content = 'records' | 'compact' | 'format' | 'fixed' | 'error' | 'alarm' | 'nothing' | 'manufacturer' | 'unsupported'

export interface Ci {
  readonly layer: Layer
  readonly header: Header
  readonly content: Content
}

const apl = (header: Header, content: Content): Ci => ({ layer: 'apl', header, content })
const layer = (name: Layer): Ci => ({ layer: name, header: 'none', content: 'nothing' })
const UNSUPPORTED = apl('none', 'unsupported')
const FIXED = apl('fixed', 'fixed')
const MANUFACTURER = apl('none', 'manufacturer')

/** CI-fields a meter sends (EN 13757-7, table of CI-fields); every other value is unsupported. */
const ROWS: readonly (readonly [ci: number, meaning: Ci])[] = [
  [0x69, apl('none', 'format')],
  [0x6a, apl('short', 'format')],
  [0x6b, apl('long', 'format')],
  [0x6e, apl('short', 'error')],
  [0x6f, apl('long', 'error')],
  [0x70, apl('none', 'error')],
  [0x71, apl('none', 'alarm')],
  [0x72, apl('long', 'records')],
  [0x73, apl('long', 'compact')],
  [0x74, apl('short', 'alarm')],
  [0x75, apl('long', 'alarm')],
  [0x78, apl('none', 'records')],
  [0x79, apl('none', 'compact')],
  [0x7a, apl('short', 'records')],
  [0x7b, apl('short', 'compact')],
  [0x80, apl('long', 'nothing')],
  [0x81, layer('nwl')],
  [0x8a, apl('short', 'nothing')],
  [0x8b, apl('long', 'nothing')],
  [0x86, layer('ell')],
  [0x8c, layer('ell')],
  [0x8d, layer('ell')],
  [0x8e, layer('ell')],
  [0x8f, layer('ell')],
  [0x90, layer('afl')],
  ...Array.from({ length: 0x18 }, (_, i) => [0xa0 + i, MANUFACTURER] as const),
]

const TABLE: Ci[] = new Array<Ci>(256).fill(UNSUPPORTED)
for (const [ci, meaning] of ROWS) TABLE[ci] = meaning

const WIRED_FIXED = 0x73

/** What a CI-field means; on a wired bus 73 is the old fixed structure. */
export const ciOf = (ci: number, wired = false): Ci => (wired && ci === WIRED_FIXED ? FIXED : (TABLE[ci] ?? UNSUPPORTED))
