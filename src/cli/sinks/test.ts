import { systemClock } from '../../clock.ts'
import type { Certificate } from '../../sinks/certificates.ts'
import { type MqttTest, testMqtt } from '../../sinks/mqtt-test.ts'
import { VERSION } from '../../version.ts'
import { mqttOptions } from '../../ways-out.ts'
import { type Attach, configOf } from '../command.ts'
import { failure } from '../failure.ts'
import { print, printJson } from '../output.ts'
import { table } from '../table.ts'

export const sinksTest: Attach = (parent) =>
  void parent
    .command('test')
    .description('connect to the broker as configured, show its certificates, publish a test message and wait for its receipt')
    .option('--json', 'as JSON')
    .action(async (options: { json?: true }, command) => {
      const config = configOf(command)
      if (!config.mqtt) throw failure('failed', 'There is nothing to test: no mqtt in the configuration.')
      const receipts = config.mqtt.receipts !== 'none'
      const done = await testMqtt(mqttOptions(config.mqtt, config.gateway, VERSION), systemClock(config.clock.trust), receipts)
      if (options.json) printJson({ ...done, certificates: done.certificates.map(dated) })
      else print(textOf(done))
      if (done.verdict !== 'accepted') throw failure('failed', `The broker did not take the message: ${done.reason}`)
      if (done.receipt === 'may not subscribe')
        throw failure('failed', 'The broker does not let this user subscribe to receipts: let it read that topic in the access list.')
    })

const dated = ({ notAfterMs, ...rest }: Certificate) => ({ ...rest, notAfter: new Date(notAfterMs).toISOString() })

const RECEIPT = { true: 'came', false: 'none within 10 s: does billing answer test messages?', null: 'not asked for (mqtt.receipts)' }

const textOf = ({ broker, tls, certificates, topic, reasonCode, verdict, receipt }: MqttTest): string =>
  table(
    ['', ''],
    [
      ['broker', `${broker}, ${tls ?? 'not encrypted'}`],
      ...certificates.map(dated).map((c) => [c.whose, `${c.subject}, issued by ${c.issuer}, until ${c.notAfter}`]),
      ['topic', topic],
      ['answer', `0x${reasonCode.toString(16).padStart(2, '0')} ${verdict}`],
      ['receipt', receipt === 'may not subscribe' ? receipt : RECEIPT[`${receipt}`]],
    ],
  )
    .split('\n')
    .slice(1)
    .join('\n')
