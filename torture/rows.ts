import type { Row } from './row.ts'
import { T1 } from './t01-kills.ts'
import { T2 } from './t02-power.ts'
import { T3 } from './t03-outage.ts'
import { T4 } from './t04-silence.ts'
import { T5 } from './t05-storm.ts'
import { T6 } from './t06-reasons.ts'
import { T7 } from './t07-backlog.ts'
import { T8 } from './t08-full-disk.ts'
import { T9 } from './t09-disk-gone.ts'
import { T10 } from './t10-damage.ts'
import { T11 } from './t11-clock.ts'
import { T12 } from './t12-unplugged.ts'
import { T13 } from './t13-noise.ts'
import { T14, T16 } from './t14-fuzz.ts'
import { T15 } from './t15-flood.ts'
import { T17 } from './t17-replay.ts'
import { T18 } from './t18-forged.ts'
import { T19 } from './t19-requests.ts'
import { T20 } from './t20-soak.ts'
import { T21 } from './t21-hang.ts'
import { T22 } from './t22-upgrade.ts'
import { T23 } from './t23-restore.ts'

export const ROWS: readonly Row[] = [
  T1,
  T2,
  T3,
  T4,
  T5,
  T6,
  T7,
  T8,
  T9,
  T10,
  T11,
  T12,
  T13,
  T14,
  T15,
  T16,
  T17,
  T18,
  T19,
  T20,
  T21,
  T22,
  T23,
]
