import { z } from 'zod'

/** A rule over several settings is told together with what is wrong inside them, so it must bear what is not an object. */
export const TOGETHER = { when: () => true }

export const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'must be 1 to 32 letters, digits, "." "_" or "-"')
export const path = z.string().min(1, 'must be a path')
/** Must show that it is a path: a password pasted here would otherwise be looked for on the disk and named in the error. */
export const secretPath = z.string().regex(/\//, 'must be the path of a file, with a "/" in it; the secret itself does not belong here')
