import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import type { Certificate } from '../../src/sinks/certificates.ts'
import { mqttSink } from '../../src/sinks/mqtt.ts'
import type { MqttOptions } from '../../src/sinks/mqtt-options.ts'
import { testMqtt } from '../../src/sinks/mqtt-test.ts'
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

  const watched = (url: string, options: Partial<MqttOptions>) => {
    const clock = manualClock(Date.now())
    const told: Certificate[] = []
    const onExpiring = (certificates: readonly Certificate[]): void => void told.push(...certificates)
    const sink = mqttSink({ url, gateway: 'vest', version: '1', protocol: 4, ...options }, { clock, log: silentLog, onExpiring })
    onTestFinished(() => sink.close())
    return { clock, told, sink }
  }

  it('tells at once and then daily of certificates that expire within 30 days, ours and those of the broker', async () => {
    const url = `mqtts://127.0.0.1:${await brokerWith(made.broker, made)}`
    const { clock, told, sink } = watched(url, { ca: made.ca, ...made.gateway })
    await sink.open(never)
    const names = ['broker CN=broker', 'broker CN=Test authority', 'gateway CN=gateway']
    const said = (): string[] => told.map(({ whose, subject }) => `${whose} ${subject}`)
    expect(said()).toEqual(names)
    clock.advance(86_400_000)
    expect(said()).toEqual([...names, ...names])
    await sink.close()
    clock.advance(2 * 86_400_000)
    expect(told).toHaveLength(6)
  })

  it('leaves the line once a file has changed, and the next line has what is in it then', async () => {
    const url = `mqtts://127.0.0.1:${await brokerWith(made.broker)}`
    const { clock, sink } = watched(url, { ca: made.ca })
    const lost = vi.fn()
    await sink.open(never, lost)
    clock.advance(120_000)
    expect(lost).not.toHaveBeenCalled()
    const authority = readFileSync(made.ca)
    onTestFinished(() => writeFileSync(made.ca, authority))
    writeFileSync(made.ca, readFileSync(made.gateway.cert))
    clock.advance(60_000)
    expect(lost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: expect.stringContaining('mqtt.ca has changed') }))
    await sink.close()
    await expect(sink.open(never)).rejects.toThrow(/set mqtt.ca/)
    writeFileSync(made.ca, authority)
    await sink.open(never)
  })

  it('is tested with the whole chain shown', async () => {
    const url = `mqtts://127.0.0.1:${await brokerWith(made.broker)}`
    const done = await testMqtt({ url, gateway: 'vest', version: '1', protocol: 4, ca: made.ca }, manualClock(null), false)
    expect(done).toMatchObject({ tls: 'TLSv1.3', verdict: 'accepted', reasonCode: 0, receipt: null })
    expect(done.certificates).toMatchObject([
      { whose: 'broker', subject: 'CN=broker', issuer: 'CN=Test authority' },
      { whose: 'broker', subject: 'CN=Test authority', issuer: 'CN=Test authority' },
    ])
  })
})
