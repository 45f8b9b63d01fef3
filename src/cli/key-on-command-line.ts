const KEY_OPTION = /^--?(?:aes|dek|enc|encryption)?-?(?:key|kek|password|passphrase|pin)(?:=|$)/i
/** A meter's key, or the key-encryption key. */
const KEY_VALUE = /^(?:--?[\w-]+=)?(?:[0-9a-f]{32}){1,2}$/i

/** These only look at telegrams that somebody has at hand; their own help says what they take. */
const EXEMPT: readonly string[] = ['decode', 'analyze', 'replay', 'types', 'sms']

/** The first word that is neither an option nor the file behind `--config`. */
const commandOf = (args: readonly string[]): string => args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '--config') ?? ''

/**
 * Whether somebody is about to hand over a secret in the arguments, where every user of the machine can read it and the
 * shell's history keeps it. Looked for before the arguments are parsed, so that no message repeats it.
 */
export const hasKeyOnCommandLine = (args: readonly string[]): boolean =>
  !EXEMPT.includes(commandOf(args)) && args.some((arg) => KEY_OPTION.test(arg) || KEY_VALUE.test(arg.replace(/[\s:.-](?=[0-9a-f])/gi, '')))

export const KEY_ON_COMMAND_LINE = `A key on the command line can be read by every user of this machine, and the shell's history keeps it.
Leave it out: it is asked for without echo, or read from standard input:  varmesky meters add METER < key.txt
Nothing was done. If the key is a real one, delete this line from the history of the shell.`
