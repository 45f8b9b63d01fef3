import type { IPublishPacket } from 'mqtt'
import type { Log } from '../log.ts'
import type { MqttConnection } from './mqtt-connection.ts'
import type { Channel, Incoming, Receive } from './sink.ts'
import type { Topics } from './topics.ts'

interface Listening {
  readonly sink: string
  readonly to: Topics
  readonly channels: readonly Channel[]
  readonly receive: Receive
  readonly log: Log
}

/** The MQTT 5 user property that carries the signature of a request. */
const SIGNATURE = 'signature'

/** Hands on what comes on the channels, and publishes the answer where one is wanted. */
export const messageHandler =
  ({ sink, to, channels, receive, log }: Listening) =>
  (message: IPublishPacket, line: MqttConnection): void => {
    const channel = channels.find((name) => to.channels[name] === message.topic)
    if (channel === undefined) return
    const incoming = incomingOf(sink, channel, message)
    let answer: ReturnType<Receive>
    try {
      answer = receive(incoming)
    } catch (err) {
      // As on a full disk, which has its own alarm: who sent it asks again, or the day's digest tells.
      log.error({ sink, channel, err }, 'a message to this gateway cannot be taken now')
      return
    }
    const { responseTopic, correlationData } = incoming
    if (answer === null || responseTopic === undefined) return
    line
      .publish({ topic: responseTopic, body: answer, ...(correlationData && { correlationData: Buffer.from(correlationData) }) })
      .catch((err) => log.warn({ sink, err }, 'an answer could not be sent'))
  }

const incomingOf = (sink: string, channel: Channel, { topic, payload, properties = {} }: IPublishPacket): Incoming => {
  const { responseTopic, correlationData, userProperties } = properties
  const signature = userProperties?.[SIGNATURE]
  return {
    ...{ sink, channel, topic, body: typeof payload === 'string' ? Buffer.from(payload) : payload },
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData }),
    ...(typeof signature === 'string' && { signature }),
  }
}

/** At every connection: the broker may have lost the session, or the access list may have changed. */
export const listenOn = async (line: MqttConnection, { sink, to, channels, log }: Listening): Promise<void> => {
  for (const channel of channels)
    if (!(await line.subscribe(to.channels[channel])))
      log.error(
        { sink, topic: to.channels[channel] },
        'the broker does not let this user subscribe: let it read this topic in the access list of the broker',
      )
}
