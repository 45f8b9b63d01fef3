import { type Content, ciOf } from './ci.ts'
import { type FormatOf, readCompact, readFormat } from './compact.ts'
import type { Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'
import { readFixed } from './fixed.ts'
import { expandProfiles } from './profile.ts'
import { keepManufacturerData, readRecords } from './records.ts'

const CONTENTS: Readonly<Record<Content, (d: Datagram, formatOf: FormatOf) => Fault | undefined>> = {
  records: (d) => readRecords(d) ?? expandProfiles(d),
  compact: (d, formatOf) => readCompact(d, formatOf) ?? expandProfiles(d),
  format: readFormat,
  fixed: readFixed,
  manufacturer: keepManufacturerData,
  nothing: () => undefined,
  alarm: () => undefined,
  error: () => 'apl.error',
  unsupported: () => 'apl.ci-unsupported',
}

/** Step 6: the application layer, by its CI. */
export function readApl(d: Datagram, formatOf: FormatOf): Fault | undefined {
  return CONTENTS[ciOf(d.tpl!.ci, d.wired).content](d, formatOf)
}
