/** The moods that a picture can be drawn in: chosen by a word of the prompt, else by chance. */

export type Colour = readonly [red: number, green: number, blue: number];

export interface Palette {
  readonly words: readonly string[];
  /** From the top of the sky to the horizon. */
  readonly sky: readonly [Colour, Colour, Colour];
  readonly disc: Colour;
  /** The hills, from the farthest to the nearest. */
  readonly far: Colour;
  readonly near: Colour;
  readonly hasStars: boolean;
}

export const palettes: readonly Palette[] = [
  {
    words: ['evening', 'sunset', 'dusk', 'autumn', 'fire'],
    sky: [hex('3b2a6b'), hex('c2517a'), hex('ffb46b')],
    disc: hex('ffe9b8'),
    far: hex('a8557f'),
    near: hex('2a1638'),
    hasStars: false,
  },
  {
    words: ['night', 'moon', 'stars', 'winter', 'dream'],
    sky: [hex('0b1030'), hex('1f2d63'), hex('58629c')],
    disc: hex('f4f1de'),
    far: hex('3a4a80'),
    near: hex('070b1d'),
    hasStars: true,
  },
  {
    words: ['morning', 'sunrise', 'dawn', 'spring', 'flower'],
    sky: [hex('8fb8e8'), hex('f5c6cf'), hex('ffe6c4')],
    disc: hex('fffaf0'),
    far: hex('b9a3c9'),
    near: hex('40527a'),
    hasStars: false,
  },
  {
    words: ['sea', 'ocean', 'lake', 'island', 'wave'],
    sky: [hex('1e6fa8'), hex('63b9cf'), hex('d8f3e6')],
    disc: hex('fff4c9'),
    far: hex('4da6b8'),
    near: hex('0b3a5a'),
    hasStars: false,
  },
  {
    words: ['forest', 'wood', 'summer', 'green', 'garden'],
    sky: [hex('7fb7a3'), hex('c9e2b3'), hex('fbf3cf')],
    disc: hex('fffbe3'),
    far: hex('7fae8c'),
    near: hex('12372f'),
    hasStars: false,
  },
  {
    words: ['desert', 'sand', 'mars', 'canyon', 'dune'],
    sky: [hex('d97b4f'), hex('f0b27a'), hex('fbe3c0')],
    disc: hex('fff6e0'),
    far: hex('d58a5b'),
    near: hex('6e2f22'),
    hasStars: false,
  },
];

function hex(digits: string): Colour {
  const value = Number.parseInt(digits, 16);
  return [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}
