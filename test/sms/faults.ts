/** One random sequence of messages and faults, by its seed; resolves with what struck, and what is wrong with what was stored. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scaledClock } from '../../src/clock.ts'
import { dice, shuffled } from '../system/dice.ts'
import { deliver } from './deliver.ts'
import { NO_FAULTS } from './emulator/faults.ts'
import { modemEmulator } from './modem-emulator.ts'
import { type Receiver, receiver, textsIn } from './receiver.ts'

const FROM = ['+4520123456', '+4520123457', '+4520123458']
/** Of the clock; time-outs that a busy machine lets pass are faults like others. */
const FACTOR = 50
const PATIENCE_MS = 120_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Messages in the order the network has their parts, some doubled, some parts lost for ever. */
function traffic(random: () => number): { pdus: readonly string[]; whole: readonly string[]; broken: number } {
  const whole: string[] = []
  const pdus: string[] = []
  let broken = 0
  const messages = 3 + Math.floor(random() * 6)
  for (let i = 0; i < messages; i++) {
    const body = `${i}: 114931.6 MWh, Meter No.: ${5300279 + i}, `.repeat(1 + Math.floor(random() * 10))
    const at = `2026-11-24T06:${10 + i}:30`
    const parts = [...deliver({ from: FROM[i % FROM.length]!, body, at }, i)]
    if (parts.length > 1 && random() < 0.2) {
      parts.splice(Math.floor(random() * parts.length), 1)
      broken++
    } else whole.push(body)
    if (random() < 0.3) parts.push(parts[0]!)
    pdus.push(...parts)
  }
  return { pdus: shuffled(pdus, random), whole: whole.sort(), broken }
}

export interface Outcome {
  readonly problem: string | null
  readonly struck: Readonly<Record<string, number>>
}

export async function faultSequence(seed: number): Promise<Outcome> {
  const random = dice(seed)
  const directory = mkdtempSync(join(tmpdir(), 'varmesky-sms-'))
  const clock = scaledClock(FACTOR, Date.parse('2026-11-24T05:00:00Z'))
  const path = join(directory, 'modem')
  const heavy = (most: number): number => (random() < 0.5 ? 0 : random() * most)
  const rates = {
    ...NO_FAULTS,
    noise: heavy(0.2),
    glued: heavy(0.1),
    cut: heavy(0.5),
    torn: heavy(0.1),
    error: heavy(0.2),
    reboot: heavy(0.03),
    silentReboot: heavy(0.03),
    hang: heavy(0.02),
    unplug: heavy(0.02),
    quiet: heavy(0.5),
    offline: heavy(0.02),
  }
  const modem = await modemEmulator({ path, clock, dice: random, rates, capacity: 3 + Math.floor(random() * 8) })
  const { pdus, whole, broken } = traffic(random)
  const killed: Receiver[] = []
  let crashes = random() < 0.5 ? 1 + Math.floor(random() * 2) : 0
  let crashed = (): void => {}
  /** Between commit and delete the process is gone: nothing of it goes on, and its store is not closed. */
  const committed = async (): Promise<void> => {
    if (crashes === 0 || random() < 0.5) return
    crashes--
    crashed()
    await new Promise(() => {})
  }
  const begin = (): Receiver => {
    const running = receiver({ path, directory: join(directory, 'state'), clock, committed })
    void running.modem.start()
    crashed = () => {
      killed.push(running)
      void running.modem.stop().then(() => {
        current = begin()
      })
    }
    return running
  }
  let current = begin()
  for (const pdu of pdus) {
    modem.deliver(pdu)
    await pause(random() * 30)
  }
  await pause(random() * 500)
  crashes = 0
  modem.calm()
  for (let waited = 0; modem.left() > 0 && waited < PATIENCE_MS; waited += 20) await pause(20)
  const stored = textsIn(current.store, 'test.whole')
  const { incomplete } = current.inbox.state()
  const left = modem.left()
  const health = current.modem.health()
  await current.stop()
  for (const one of killed) one.store.close()
  modem.close()
  rmSync(directory, { recursive: true })
  const struck = { ...modem.happened(), killed: killed.length, resets: health.resets, lost: broken }
  return { struck, problem: problemOf() }

  function problemOf(): string | null {
    if (left > 0) return `${left} messages were never taken: ${JSON.stringify(health)}`
    if (JSON.stringify(stored) !== JSON.stringify(whole)) return `stored ${JSON.stringify(stored)} instead of ${JSON.stringify(whole)}`
    return incomplete === broken ? null : `${incomplete} messages wait for parts, and ${broken} lost some`
  }
}
