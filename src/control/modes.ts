/** How much of the gateway is started: less after starts that did not live, so that the box can be reached and asked why. */
export const MODES = {
  normal: 'everything runs',
  'receivers-off': 'safe mode: nothing is received; what is stored is sent, and commands are answered',
  'store-only': 'safe mode: nothing is received or sent; commands are answered',
} as const

export type Mode = keyof typeof MODES
