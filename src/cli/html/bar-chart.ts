import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { html } from './markup.js';
import type { Markup } from './markup.js';

/** One bar: how long, in which of the page's colours, and what stands behind it. */
interface Bar {
  readonly value: number;
  readonly tone: Tone;
  readonly text: string;
}

/** Colours of the page; on paper they differ in lightness too. */
export type Tone = 'before' | 'after' | 'good' | 'calm' | 'bad';

/** A label with one or more bars below each other. */
export interface BarGroup {
  readonly label: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 720;
const LABELS = 230;
const FIGURES = 150;
const BAR = 16;
const GAP = 12;

/** Longer labels are cut; the whole of it shows as a title. */
const LABEL_LENGTH = 34;

/** Horizontal bars from zero. `name` is what a screen reader says. */
export function barChart(name: string, groups: readonly BarGroup[]): Markup {
  const scale = scaleLinear(
    [
      0,
      Math.max(
        1,
        max(
          groups.flatMap(({ bars }) => bars),
          ({ value }) => value,
        ) ?? 0,
      ),
    ],
    [0, WIDTH - LABELS - FIGURES],
  );
  let y = 0;
  const drawn = groups.map(({ label, bars }) => {
    const top = y;
    y += bars.length * BAR + GAP;
    return html`<g transform="translate(0 ${top})"><title>${label}</title>
<text class="label" x="${LABELS - 10}" y="${(bars.length * BAR) / 2}">${shortened(label)}</text>
${bars.map((bar, at) => drawBar(bar, at * BAR, scale))}</g>`;
  });
  return html`<svg role="img" aria-label="${name}" viewBox="0 0 ${WIDTH} ${Math.max(y, 1)}">${drawn}</svg>`;
}

function drawBar({ value, tone, text }: Bar, y: number, scale: (value: number) => number | undefined): Markup {
  const width = value > 0 ? Math.max(1, scale(value) ?? 0) : 0;
  return html`<rect class="${tone}" x="${LABELS}" y="${y + 1}" width="${width.toFixed(1)}" height="${BAR - 2}"/><text class="figure" x="${(LABELS + width + 6).toFixed(1)}" y="${y + BAR / 2}">${text}</text>`;
}

function shortened(label: string): string {
  const letters = Array.from(label);
  return letters.length <= LABEL_LENGTH ? label : `${letters.slice(0, LABEL_LENGTH - 1).join('')}…`;
}
