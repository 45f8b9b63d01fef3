/** Diehl PRIOS, CI A0–A7, opened: volume now and at the last target date, in litres (layout inferred from public telegrams). */
import { copy, unsigned } from './records.ts'

const MARK = 0x4b
const LENGTH = 11
/** Five digits of m3: bytes under a wrong key mean more, or more at the target date than now. */
const MOST_LITRES = 99_999_999

export function diehlPrios(p: Uint8Array): Uint8Array | null {
  if (p.length < LENGTH || p[0] !== MARK) return null
  const [now, then] = [unsigned(p, 1, 4), unsigned(p, 5, 4)]
  if (now > MOST_LITRES || then > now) return null
  return Uint8Array.from([...copy('0413', p, 1, 4), ...copy('4413', p, 5, 4), ...copy('426C', p, 9, 2)])
}
