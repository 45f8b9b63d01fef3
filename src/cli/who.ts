import { userInfo } from 'node:os'

const NAME = /^[\w.@-]{1,40}$/

/** Who types this command, for the audit: the user that `sudo` was called by, else the one it runs as. A claim, and no proof. */
export const who = (env: NodeJS.ProcessEnv = process.env): string => {
  const caller = env['SUDO_USER']
  return caller !== undefined && NAME.test(caller) ? `${caller} (sudo)` : ownName()
}

const ownName = (): string => {
  try {
    const { username } = userInfo()
    if (NAME.test(username)) return username
  } catch {
    // A user without an entry in /etc/passwd.
  }
  return `uid ${process.getuid?.() ?? 'unknown'}`
}
