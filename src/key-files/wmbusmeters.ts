/** The meter files of a wmbusmeters configuration, `wmbusmeters.d/*`: lines of `name=`, `id=`, `key=`, `driver=`; others mean nothing here. */
import type { KeyRow, Problem } from './key-row.ts'

/** Drivers of meters of one maker only, as far as heat goes; of the others the id may say `.M=KAM`, or the person. */
const MAKERS: readonly (readonly [driver: RegExp, manufacturer: string])[] = [
  [/^(?:kamheat|multical(?:302|303|401|402|403|601|602|603|801|803))$/, 'KAM'],
  [/^(?:compact5|vario411|vario451|vario451mid)$/, 'TCH'],
]

/** `12345678`, or with what else must fit: `12345678.M=KAM.V=1b.T=16`. */
const ONE_METER = /^([0-9A-F]{8})((?:\.[MVT]=\w+)*)$/i

/** Whether a text is a meter file: no list of columns has these two lines. */
export const isWmbusmeters = (text: string): boolean => /^[ \t]*id=/m.test(text) && /^[ \t]*name=/m.test(text)

/** The meters of one file; an `id` may name several, which then share the key. */
export const readWmbusmeters = (text: string, at: string): readonly KeyRow[] | Problem => {
  const lines = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^\s*(name|id|key|driver|type)=(.*)$/.exec(line) ?? []
    if (!name) continue
    if (lines.has(name)) return { problem: `has two lines ${name}=: one file is one meter there` }
    lines.set(name, value!.trim())
  }
  const driver = (lines.get('driver') ?? lines.get('type') ?? '').split(':')[0]!.toLowerCase()
  const made = MAKERS.find(([drivers]) => drivers.test(driver))?.[1] ?? ''
  const key = lines.get('key') ?? ''
  const rows: KeyRow[] = []
  for (const id of (lines.get('id') ?? '').split(',').map((part) => part.trim())) {
    const [, meter, rest] = ONE_METER.exec(id) ?? []
    if (!meter) return { problem: 'its id= is a pattern, not the eight digits of a meter' }
    const manufacturer = /\.M=([A-Z]{3})\b/i.exec(rest!)?.[1] ?? made
    rows.push({ at, meter, manufacturer, key: /^nokey$/i.test(key) ? '' : key, label: lines.get('name') ?? '', installation: '' })
  }
  return rows
}
