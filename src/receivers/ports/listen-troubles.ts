/** Why an address cannot be listened on, by the code of the operating system, in words that say what to try. */
const TROUBLES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: choose another port, or stop it (ss -lnp tells which)',
  EADDRNOTAVAIL: 'this machine does not have that address (yet): is the interface up?',
  EACCES: 'not allowed to listen there: choose a port above 1023',
  ENOTFOUND: 'no such address: write one of this machine, 0.0.0.0 for all of them',
}

export const listenTrouble = ({ code, message }: NodeJS.ErrnoException): string => TROUBLES[code ?? ''] ?? message
