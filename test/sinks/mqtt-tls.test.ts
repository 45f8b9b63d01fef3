import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { mqttSink } from '../../src/sinks/mqtt.ts'
import type { MqttOptions } from '../../src/sinks/mqtt-options.ts'
import type { Sink } from '../../src/sinks/sink.ts'
import { startAedes } from '../support/broker-aedes.ts'
import { type Certificates, hasOpenssl, makeCertificates, type Pair, tlsTitle } from '../support/broker-certificates.ts'
import { reading } from '../support/broker-messages.ts'

const never = new AbortController().signal

describe.runIf(hasOpenssl)(tlsTitle, () => {
  let made: Certificates
  beforeAll(async () => {
    made = await makeCertificates()
  })
  afterAll(() => made.remove())

  const brokerWith = async ({ cert, key }: Pair, clients?: { ca: string }): Promise<number> => {
    const mutual = clients === undefined ? {} : { ca: readFileSync(clients.ca), requestCert: true, rejectUnauthorized: true }
    const broker = await startAedes({ tls: { cert: readFileSync(cert), key: readFileSync(key), ...mutual } })
    onTestFinished(() => broker.stop())
    return broker.port
  }
  const sinkTo = (url: string, options: Partial<MqttOptions>): Sink => {
    const around = { clock: manualClock(null), log: silentLog }
    const sink = mqttSink({ url, gateway: 'vest', version: '1', protocol: 4, ...options }, around)
    onTestFinished(() => sink.close())
    return sink
  }

  it('delivers to a broker whose authority is known', async () => {
    const sink = sinkTo(`mqtts://127.0.0.1:${await brokerWith(made.broker)}`, { ca: made.ca })
    await sink.open(never)
    expect(await sink.send([reading(1)], never)).toEqual({ results: ['accepted'] })
  })

  it('delivers to a broker that asks for a certificate', async () => {
    const port = await brokerWith(made.broker, made)
    const sink = sinkTo(`mqtts://127.0.0.1:${port}`, { ca: made.ca, ...made.gateway })
    await sink.open(never)
    expect(await sink.send([reading(1)], never)).toEqual({ results: ['accepted'] })
    await expect(sinkTo(`mqtts://127.0.0.1:${port}`, { ca: made.ca }).open(never)).rejects.toThrow()
  })

  it('does not talk to a broker whose authority is unknown', async () => {
    const url = `mqtts://127.0.0.1:${await brokerWith(made.broker)}`
    await expect(sinkTo(url, {}).open(never)).rejects.toThrow(/set mqtt.ca/)
  })

  it('does not talk to a broker whose certificate has expired', async () => {
    const url = `mqtts://127.0.0.1:${await brokerWith(made.expired)}`
    await expect(sinkTo(url, { ca: made.ca }).open(never)).rejects.toThrow(/has expired/)
  })

  it('does not talk to a broker that is another host', async () => {
    const url = `mqtts://127.0.0.1:${await brokerWith(made.elsewhere)}`
    await expect(sinkTo(url, { ca: made.ca }).open(never)).rejects.toThrow(/names another host/)
  })

  it('says so where the broker speaks no TLS', async () => {
    const broker = await startAedes()
    onTestFinished(() => broker.stop())
    await expect(sinkTo(`mqtts://127.0.0.1:${broker.port}`, { ca: made.ca }).open(never)).rejects.toThrow(/check scheme and port/)
  })

  it('says so where a certificate or its key is something else', async () => {
    const open = (pair: Pair): Promise<void> => sinkTo('mqtts://127.0.0.1:1', { ca: made.ca, ...pair }).open(never)
    await expect(open({ cert: made.gateway.key, key: made.gateway.key })).rejects.toThrow(/mqtt.cert and mqtt.key must be PEM files/)
    await expect(open({ cert: made.gateway.cert, key: made.broker.key })).rejects.toThrow(/the key that of the certificate/)
  })
})
