/** The data that was asked for, on standard output. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

/** What is said about it, on standard error: it never mixes with data in a pipe. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`)

/** `1 meter`, `2 meters`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
