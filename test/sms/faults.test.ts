import { describe, expect, it } from 'vitest'
import { faultSequence } from './faults.ts'

/** `SMS_FAULTS=1000 npx vitest run test/sms/faults.test.ts` runs them all, `SMS_SEED=17` one of them. */
const sequences = Number(process.env['SMS_FAULTS'] ?? 8)
const first = Number(process.env['SMS_SEED'] ?? 1)
const AT_ONCE = 8

describe('a modem with faults', () => {
  it(`loses no message and gives none twice (seeds ${first} to ${first + sequences - 1})`, {
    timeout: 200_000 + sequences * 15_000,
  }, async () => {
    const wrong: string[] = []
    const faults: Record<string, number> = {}
    let next = first
    const worker = async (): Promise<void> => {
      while (next < first + sequences) {
        const seed = next++
        const { problem, struck } = await faultSequence(seed)
        if (problem !== null) wrong.push(`seed ${seed}: ${problem}`)
        for (const [fault, times] of Object.entries(struck)) faults[fault] = (faults[fault] ?? 0) + times
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    console.log(`seeds ${first} to ${first + sequences - 1}: ${JSON.stringify(faults)}`)
    expect(wrong).toEqual([])
    expect(Object.keys(faults).length).toBeGreaterThan(sequences > 50 ? 12 : 3)
  })
})
