import { readFileSync } from 'node:fs'
import { connect, type IClientOptions } from 'mqtt'
import type { Senders } from '../senders.ts'
import type { Port } from './port.ts'

export interface BrokerLogin {
  readonly user?: string
  /** Path of a file; read at every connection, so that a new password needs no restart. */
  readonly passwordFile?: string
  /** Path of a PEM file with the broker's certificate authority; those of the system if left out. */
  readonly ca?: string
}

const CONNECT_MS = 10_000
const KEEP_ALIVE_S = 30
/** A line of rtl_433 about the longest telegram is half as long; what is longer is none. */
const LONGEST = 4096

/** What to try, by what the broker or the system says. */
const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nothing listens there: is the broker running, and is the port right?'],
  [/ENOTFOUND|EAI_AGAIN/, 'no such host, or the name cannot be looked up: is the name right, is the network up?'],
  [/not authori[sz]ed|bad user/i, 'the broker lets this user not in: set user and passwordFile at the receiver'],
  [/certificate|self.signed/i, 'the certificate of the broker is not trusted: set ca at the receiver'],
  [/ENOENT|EACCES/, 'its password or its certificate authority cannot be read: is the path right, may the service read it?'],
]
const troubleOf = ({ message, code }: NodeJS.ErrnoException): string =>
  TROUBLES.find(([said]) => said.test(`${code} ${message}`))?.[1] ?? message

/**
 * Subscribes to a topic, `+` and `#` as MQTT has them: every message is whole. What the broker retained is old, and is not read.
 * MQTT 3.1.1, which every broker speaks; no session, for what was sent while we were away has no time of its own.
 */
export const mqttTopicPort = (url: string, topic: string, senders: Senders, login: BrokerLogin = {}): Port => ({
  open({ opened, closed }) {
    let over = false
    let trouble = 'the broker closed the connection'
    const end = (why: string): void => {
      if (over) return
      over = true
      closed(why)
    }
    const options = optionsFor(login)
    if (typeof options === 'string') {
      queueMicrotask(() => end(options))
      return { write() {}, async close() {} }
    }
    const client = connect(url, options)
    client.on('connect', () =>
      client.subscribe(topic, { qos: 0 }, (error, granted) => {
        if (over) return
        if (error || granted?.[0]?.qos !== 0) end(error ? troubleOf(error) : 'the broker does not let this user read the topic')
        else opened()
      }),
    )
    client.on('message', (_, payload, { retain }) => over || retain || payload.length > LONGEST || senders.message(payload))
    client.on('error', (error) => {
      trouble = troubleOf(error as NodeJS.ErrnoException)
    })
    client.on('close', () => end(trouble))
    return {
      write() {},
      close() {
        over = true
        return new Promise((resolve) => client.end(true, {}, () => resolve()))
      },
    }
  },
})

function optionsFor({ user, passwordFile, ca }: BrokerLogin): IClientOptions | string {
  try {
    return {
      protocolVersion: 4,
      clean: true,
      // Who keeps the port open decides when to try again.
      reconnectPeriod: 0,
      connectTimeout: CONNECT_MS,
      keepalive: KEEP_ALIVE_S,
      ...(user !== undefined && { username: user }),
      ...(passwordFile !== undefined && { password: readFileSync(passwordFile, 'utf8').replace(/\r?\n$/, '') }),
      ...(ca !== undefined && { ca: readFileSync(ca) }),
    }
  } catch (error) {
    return troubleOf(error as NodeJS.ErrnoException)
  }
}
