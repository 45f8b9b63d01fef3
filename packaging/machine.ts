/** The machine the package is made on is the machine it is made for: native modules are compiled here, never cross. */
export interface Machine {
  /** Node's word. */
  readonly node: 'x64' | 'arm64'
  /** Debian's word. */
  readonly debian: 'amd64' | 'arm64'
}

const MACHINES: readonly Machine[] = [
  { node: 'x64', debian: 'amd64' },
  { node: 'arm64', debian: 'arm64' },
]

export const thisMachine = (): Machine => {
  const machine = MACHINES.find(({ node }) => process.platform === 'linux' && node === process.arch)
  if (!machine) throw new Error(`No package for ${process.platform} ${process.arch}: make it on Debian, amd64 or arm64`)
  return machine
}
