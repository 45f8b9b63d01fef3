/** What the daemon is told in secret, beside the key-encryption key: each is a systemd credential, or a file the configuration names. */
import type { Config } from '../../config.ts'

export interface Secret {
  readonly about: string
  /** What stands in the configuration where it is a plain file. */
  readonly setting: string
  fileIn(config: Config): string | undefined
  /** What is wrong with a value, without repeating it. */
  problem(value: string): string | undefined
}

const some = (value: string): string | undefined => (value === '' ? 'it is empty' : undefined)

export const SECRETS = {
  'mqtt-password': {
    about: 'the password at the broker',
    setting: 'mqtt: { passwordFile: … }',
    fileIn: ({ mqtt }) => mqtt?.passwordFile,
    problem: some,
  },
  'mqtt-requests': {
    about: 'the secret that signs requests from billing',
    setting: 'mqtt: { requests: { secretFile: … } }',
    fileIn: ({ mqtt }) => (mqtt?.requests === undefined || mqtt.requests === 'none' ? undefined : mqtt.requests.secretFile),
    problem: (value) => (value.length < 32 ? 'it has 32 characters or more' : undefined),
  },
  'sim-pin': {
    about: 'the PIN of the SIM in the modem',
    setting: 'sms: { pinFile: … }',
    fileIn: ({ sms }) => sms?.pinFile,
    problem: (value) => (/^\d{4,8}$/.test(value) ? undefined : 'it has 4 to 8 digits'),
  },
} as const satisfies Readonly<Record<string, Secret>>

export type SecretName = keyof typeof SECRETS

/** Where systemd finds encrypted credentials by their name; the unit asks for these. */
const CREDENTIALS = '/etc/credstore.encrypted'
export const credentialFile = (name: SecretName): string => `${CREDENTIALS}/varmesky.${name}`
