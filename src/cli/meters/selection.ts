import type { Config } from '../../config.ts'
import { storedHabits } from '../../memory/habits.ts'
import { closedBy, type Findings } from '../../memory/protection.ts'
import type { Meter, Store } from '../../store/store.ts'
import { failure } from '../failure.ts'
import { heardByDaemon } from '../listen/daemon.ts'
import { count } from '../output.ts'
import { ask, readingIfAny } from '../store-access.ts'

/** By meter, as the daemon found since it was started. */
type Protections = Readonly<Record<string, Findings>>

/** Which meters need a look; those of any that is named are listed. */
export interface Wanted {
  readonly unheard?: true
  readonly wrongKey?: true
  readonly plain?: true
  readonly unlisted?: true
}

/** A meter, and what is the matter with it. One that is not registered has a name only. */
export interface Found extends Partial<Omit<Meter, 'meter'>> {
  readonly meter: string
  readonly why: readonly string[]
}

export const isWanted = ({ unheard, wrongKey, plain, unlisted }: Wanted): boolean => Boolean(unheard || wrongKey || plain || unlisted)

export async function selected(config: Config, wanted: Wanted): Promise<readonly Found[]> {
  const found = wanted.wrongKey || wanted.plain ? await protectionNow(config) : {}
  const heard = wanted.unheard ? await heardEver(config) : null
  const registered = readingIfAny(config, (store) => look(store, wanted, found, heard)) ?? []
  return wanted.unlisted ? [...registered, ...(await unlisted(config))] : registered
}

const NOT_RUNNING = 'What meters send is in the RAM of the daemon, and it is not running:  sudo systemctl start varmesky'

const protectionNow = async (config: Config): Promise<Protections> => {
  const answer = await ask(config, 'protection', {})
  if (answer === null) throw failure('unreachable', NOT_RUNNING)
  return (answer.result as { readonly meters: Protections }).meters
}

/** Of the running daemon; null: as was written down last. */
const heardEver = async (config: Config): Promise<ReadonlySet<string> | null> => {
  const answer = await ask(config, 'habits', {})
  return answer && new Set(Object.keys((answer.result as { readonly meters: object }).meters))
}

function look(store: Store, wanted: Wanted, found: Protections, running: ReadonlySet<string> | null): readonly Found[] {
  const heard = wanted.unheard ? (running ?? new Set(storedHabits(store.memory).keys())) : null
  const isUnheard = (meter: string): boolean =>
    heard !== null && !heard.has(meter) && store.outbox.readings({ meter, limit: 1 }).length === 0
  return store.meters
    .list()
    .filter(({ retiredAt }) => retiredAt === null)
    .map((meter) => ({
      ...meter,
      why: [...(isUnheard(meter.meter) ? ['never heard'] : []), ...reasons(meter, found[meter.meter] ?? {}, wanted)],
    }))
    .filter(({ why }) => why.length > 0)
}

const CLOSED = { 'wrong-key': 'its key is wrong', 'no-key': 'encrypted, and has no key' } as const

function reasons({ keyCheck, plain }: Meter, findings: Findings, wanted: Wanted): string[] {
  const closed = wanted.wrongKey ? closedBy(findings) : null
  const isPlain = wanted.plain === true && findings.plain !== undefined
  const rule = keyCheck === null ? '' : plain === 'allowed' ? ', although it has a key: allowed' : ', although it has a key: refused'
  return [...(closed ? [CLOSED[closed]] : []), ...(isPlain ? [`sends unencrypted${rule}`] : [])]
}

async function unlisted(config: Config): Promise<readonly Found[]> {
  const answer = await heardByDaemon(config)
  if (answer === null) throw failure('unreachable', NOT_RUNNING)
  if (!answer.unlisted)
    throw failure('refused', 'Addresses of other meters are not kept here. To have them:  meters: { unlisted: list }  in the configuration')
  const known = readingIfAny(config, ({ meters }) => new Set(meters.list().flatMap((meter) => (meter.retiredAt ? [] : [meter.meter]))))
  return answer.meters
    .filter(({ meter }) => !known?.has(meter))
    .map(({ meter, type, encrypted, rssi, telegrams }) => ({
      meter,
      why: [
        `not registered: ${type}, encrypted: ${encrypted}, ${count(telegrams, 'telegram')}${rssi === null ? '' : `, ${Math.round(rssi)} dBm`}`,
      ],
    }))
}
