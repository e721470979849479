/** Draws a landscape out of a prompt: a sky, a sun or a moon, and hills. The same prompt gives the same picture. */
import { createHash } from 'node:crypto';
import { PNG } from 'pngjs';
import { type Colour, type Palette, palettes } from './palettes.ts';

export const sidePixels = 512;

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** The height of its crest at each column, in pixels from the top. */
interface Ridge {
  readonly crest: readonly number[];
  readonly colour: Colour;
}

export function drawPicture(prompt: string): PNG {
  const chance = chanceOf(prompt);
  const palette = paletteFor(prompt, chance);
  const disc = {
    x: sidePixels * (0.25 + 0.5 * chance()),
    y: sidePixels * (0.2 + 0.22 * chance()),
    radius: sidePixels * (0.06 + 0.06 * chance()),
  };
  const ridges = ridgesOf(palette, chance);
  const png = new PNG({ width: sidePixels, height: sidePixels });
  for (let y = 0; y < sidePixels; y++) {
    for (let x = 0; x < sidePixels; x++) {
      const star = palette.hasStars && chance() > 0.9985 ? 0.4 + 0.6 * chance() : 0;
      // A little grain: smooth gradients show bands.
      const grain = (chance() - 0.5) * 7;
      const at = (y * sidePixels + x) * 4;
      const [red, green, blue] = colourAt(x, y, palette, disc, ridges, star);
      png.data[at] = clamp(red + grain);
      png.data[at + 1] = clamp(green + grain);
      png.data[at + 2] = clamp(blue + grain);
      png.data[at + 3] = 255;
    }
  }
  return png;
}

function colourAt(
  x: number,
  y: number,
  palette: Palette,
  disc: Disc,
  ridges: readonly Ridge[],
  star: number,
): Colour {
  // What the nearest ridges hide is not drawn first.
  const behind = ridges.findLastIndex(({ crest }) => y - (crest[x] ?? 0) >= 0.5);
  let colour: Colour = behind === -1 ? skyAt(x, y, palette, disc, star) : [0, 0, 0];
  for (const { crest, colour: hill } of ridges.slice(Math.max(0, behind))) {
    const depth = y - (crest[x] ?? 0);
    if (depth <= -0.5) continue;
    // Mist gathers at the foot of each ridge.
    const misty = mix(hill, palette.sky[2], 0.3 * clampUnit(depth / (sidePixels * 0.3)));
    colour = mix(colour, misty, clampUnit(depth + 0.5));
  }
  return colour;
}

function skyAt(x: number, y: number, { sky, disc: light }: Palette, disc: Disc, star: number): Colour {
  const [top, middle, horizon] = sky;
  const height = Math.min(1, y / (sidePixels * 0.75));
  let colour = height < 0.5 ? mix(top, middle, height * 2) : mix(middle, horizon, height * 2 - 1);
  if (star > 0) colour = mix(colour, [255, 255, 255], star * (1 - height));
  const distance = Math.hypot(x - disc.x, y - disc.y);
  const glow = 0.55 * Math.exp(-distance / (disc.radius * 2.2));
  return mix(mix(colour, light, glow), light, clampUnit(disc.radius - distance + 0.5));
}

function ridgesOf({ far, near }: Palette, chance: () => number): Ridge[] {
  const count = 4 + Math.floor(chance() * 3);
  return Array.from({ length: count }, (_, index) => {
    const nearness = index / (count - 1);
    const base = sidePixels * (0.5 + 0.38 * nearness);
    const waves = Array.from({ length: 5 }, (__, octave) => ({
      length: (sidePixels * (0.55 + 0.5 * chance())) / 1.9 ** octave,
      height: (sidePixels * 0.075 * (0.6 + 0.8 * chance())) / 2.1 ** octave,
      shift: chance() * 2 * Math.PI,
    }));
    const crest = Array.from({ length: sidePixels }, (__, x) =>
      waves.reduce(
        (y, { length, height, shift }) => y + height * Math.sin((x / length) * 2 * Math.PI + shift),
        base,
      ),
    );
    return { crest, colour: mix(far, near, nearness) };
  });
}

function paletteFor(prompt: string, chance: () => number): Palette {
  const pick = Math.floor(chance() * palettes.length);
  const text = prompt.toLowerCase();
  const named = palettes.find(({ words }) => words.some((word) => text.includes(word)));
  const palette = named ?? palettes[pick];
  if (!palette) throw new RangeError('There is no palette');
  return palette;
}

/** Numbers from 0 to 1 that look random and depend on the text alone. */
function chanceOf(text: string): () => number {
  let state = createHash('sha256').update(text).digest().readUInt32LE();
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
  };
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const between = (a: number, b: number): number => a + (b - a) * share;
  return [between(from[0], to[0]), between(from[1], to[1]), between(from[2], to[2])];
}

function clamp(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

function clampUnit(value: number): number {
  return Math.max(0, Math.min(1, value));
}
