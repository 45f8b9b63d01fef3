import { onTestFinished } from 'vitest'
import { type ManualClock, manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { mqttSink } from '../../src/sinks/mqtt.ts'
import type { MqttOptions } from '../../src/sinks/mqtt-options.ts'
import type { Sink } from '../../src/sinks/sink.ts'
import { type Script, type ScriptedBroker, scriptedBroker } from './broker.ts'

export const NOON = Date.UTC(2026, 10, 24, 12)
export const never = new AbortController().signal

export interface Setup {
  readonly broker: ScriptedBroker
  readonly clock: ManualClock
  readonly sink: Sink
}

/** Closed when the test is over. */
export const sinkTo = (port: number, clock: ManualClock, options: Partial<MqttOptions> = {}): Sink => {
  const sink = mqttSink(
    { url: `mqtt://127.0.0.1:${port}`, gateway: 'skorsten-vest', version: '1.2.3', ...options },
    { clock, log: silentLog },
  )
  onTestFinished(() => sink.close())
  return sink
}

export const setUp = async (script: Script = {}, options: Partial<MqttOptions> = {}): Promise<Setup> => {
  const broker = await scriptedBroker(script)
  onTestFinished(() => broker.close())
  const clock = manualClock(NOON)
  return { broker, clock, sink: sinkTo(broker.port, clock, options) }
}

export const opened = async (script: Script = {}, options: Partial<MqttOptions> = {}): Promise<Setup> => {
  const setup = await setUp(script, options)
  await setup.sink.open(never)
  return setup
}

export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Long enough for anything that was going to be written to be written. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await nextTurn()
}
