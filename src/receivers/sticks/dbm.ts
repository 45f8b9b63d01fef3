/** Of TI's CC1101 and what speaks like it (Amber, culfw): half dB above −74 dBm in two's complement. */
export const dBmOfHalves = (raw: number): number => (raw < 128 ? raw : raw - 256) / 2 - 74

/** A signed byte of dBm. */
export const dBmOfByte = (raw: number): number => (raw << 24) >> 24
