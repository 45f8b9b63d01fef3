import type { Verdict } from './sink.ts'

export const NO_MATCHING_SUBSCRIBERS = 0x10
export const PACKET_TOO_LARGE = 0x95

/** What became of one published message, and why if it was not accepted. */
export interface Fate {
  readonly verdict: Verdict
  readonly reason?: string
}

const held = (reason: string): Fate => ({ verdict: 'held', reason })
const refused = (reason: string): Fate => ({ verdict: 'refused', reason })

/** Reason codes of PUBACK (MQTT 5, table 3-24). MQTT 3.1.1 has none: there a PUBACK always means success. */
const PUBACK = new Map<number, Fate>([
  [0x00, { verdict: 'accepted' }],
  [
    NO_MATCHING_SUBSCRIBERS,
    held('nobody is subscribed: start the consumer with a persistent session, or set mqtt.noSubscribers to accept if a bridge takes it on'),
  ],
  [0x80, held('the broker failed without saying why: look into its log')],
  [0x83, held('the broker does not want it for a reason of its own: look into its log')],
  [0x87, held('not authorised to publish: let this user write to all topics of this gateway in the access list of the broker')],
  [0x90, refused('the broker does not allow the topic: check mqtt.prefix and the gateway name')],
  [PACKET_TOO_LARGE, refused('larger than the broker allows: raise its limit of the packet size')],
  [0x97, held('a quota of the broker is used up: look at its limits for queued messages')],
  [0x99, refused('the broker does not take the payload for valid JSON text')],
])

/** Unknown codes are held: a broker's whim must not cost a reading. */
export const fateOf = (reasonCode: number): Fate =>
  PUBACK.get(reasonCode) ?? held(`the broker answered with reason code 0x${reasonCode.toString(16)}`)

const CHECK_LOGIN = 'check mqtt.user and the password, and what the broker lets this user do'
const SPEAK_3_1_1 = 'the broker does not speak this version of MQTT: set mqtt.protocol to 4'
const NAME_TAKEN = 'give every gateway a name of its own: the broker knows it by "varmesky-" and that name'
const WAITS = 'it is tried again by itself'
const CHECK_CA = 'the certificate of the broker is not signed by an authority known here: set mqtt.ca to the PEM file of the one it uses'
const CHECK_CLOCK = 'renew the certificate of the broker, or set the clock of this box right'
const CHECK_TLS = 'the other end does not speak TLS as expected: check scheme and port (mqtt: 1883, mqtts: 8883)'

/** Reason codes of CONNACK and DISCONNECT (MQTT 5, 3.2.2.2 and 3.14.2.1; 1 to 5 are those of MQTT 3.1.1), and codes of Node's errors; without a code, mqtt.js's words. */
const ADVICE = new Map<string | number, string>([
  [0x01, SPEAK_3_1_1],
  [0x02, `the broker does not allow the client identifier: ${NAME_TAKEN}`],
  [0x03, `the broker is not available: ${WAITS}`],
  [0x04, `wrong user or password: ${CHECK_LOGIN}`],
  [0x05, `not authorised: ${CHECK_LOGIN}`],
  [0x81, `the broker found a packet malformed: ${SPEAK_3_1_1}`],
  [0x82, `the broker saw a protocol error: ${SPEAK_3_1_1}`],
  [0x84, SPEAK_3_1_1],
  [0x85, `the broker does not allow the client identifier: ${NAME_TAKEN}`],
  [0x86, `wrong user or password: ${CHECK_LOGIN}`],
  [0x87, `not authorised: ${CHECK_LOGIN}`],
  [0x88, `the broker is not available: ${WAITS}`],
  [0x89, `the broker is busy: ${WAITS}`],
  [0x8a, 'the broker has banned this client: ask who runs it'],
  [0x8b, `the broker is shutting down: ${WAITS}`],
  [0x8c, `the broker wants another way to log in: ${CHECK_LOGIN}`],
  [0x8e, `another client took over the session: ${NAME_TAKEN}`],
  [0x93, 'the broker saw more messages under way than it allows: look into its log'],
  [PACKET_TOO_LARGE, 'a message was larger than the broker allows: raise its limit of the packet size'],
  [0x96, `the broker finds the messages too many at once: ${WAITS}`],
  [0x97, `a quota of the broker is used up: look at its limits; ${WAITS}`],
  [0x98, `the broker was told to cut the line: ${WAITS}`],
  [0x9a, 'the broker keeps no retained messages, which the status of the gateway needs: allow them there'],
  [0x9b, 'the broker does not take QoS 1: allow it there, nothing can be delivered safely without'],
  [0x9c, 'the broker wants another server to be used: ask who runs it and set mqtt.url'],
  [0x9d, 'the broker has moved: ask who runs it and set mqtt.url'],
  [0x9f, `the broker finds the connections too frequent: ${WAITS}`],
  // What mqtt.js says of a PUBACK with 0x95, which MQTT 5 does not allow and mosquitto sends at its message_size_limit.
  ['Invalid puback reason code', 'the broker refuses a message against the rules of MQTT 5: it may be larger than the broker allows'],
  ['ECONNREFUSED', 'nothing listens there: check mqtt.url and that the broker runs'],
  [
    'ECONNRESET',
    'the line was cut: look into the log of the broker; if it happens every time, check scheme and port (mqtt: 1883, mqtts: 8883)',
  ],
  ['EHOSTUNREACH', 'no way to that host: check the network and mqtt.url'],
  ['ENETUNREACH', 'no way to that network: check the network and mqtt.url'],
  ['ENOTFOUND', 'no such host: check mqtt.url and the name server'],
  ['EAI_AGAIN', 'the name server does not answer: check the network'],
  ['ETIMEDOUT', 'no answer: check the network, the firewall and mqtt.url'],
  ['EPROTO', CHECK_TLS],
  ['ERR_SSL_WRONG_VERSION_NUMBER', CHECK_TLS],
  ['CERT_HAS_EXPIRED', `the certificate of the broker has expired: ${CHECK_CLOCK}`],
  ['CERT_NOT_YET_VALID', `the certificate of the broker is not valid yet: ${CHECK_CLOCK}`],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', CHECK_CA],
  ['SELF_SIGNED_CERT_IN_CHAIN', CHECK_CA],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', CHECK_CA],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', CHECK_CA],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of the broker names another host: use that name in mqtt.url'],
])

/** What went wrong with the line and what to try, from an error or packet with one of the codes above. */
export const explain = ({ code, message = 'the broker cut the line' }: { code?: string | number | undefined; message?: string }): Error => {
  const text = ADVICE.get(code ?? message) ?? message
  return new Error(typeof code === 'number' ? `${text} (reason code 0x${code.toString(16)})` : text)
}
