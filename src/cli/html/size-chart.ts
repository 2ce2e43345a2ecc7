import { bin, extent, max, range } from 'd3-array';
import type { Bin } from 'd3-array';
import { scaleLinear, scaleLog } from 'd3-scale';
import { PAYLOAD_LIMIT } from '../../bag/members.js';
import { formatBytes, formatCount } from '../reporters/format.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import type { ReportFacts } from './report-facts.js';

const [WIDTH, HEIGHT] = [720, 260];
const MARGIN = { top: 26, right: 20, bottom: 44, left: 56 };
const BINS = 28;

type Sizes = ReportFacts['sizes'];

/**
 * How many bags are how large, before and after, on a logarithmic axis of bytes; a line marks what Step Functions
 * takes. Bars of the two stand side by side within one bin.
 */
export function sizeChart(sizes: Sizes): Markup {
  const domain = domainOf(sizes);
  const x = scaleLog(domain, [MARGIN.left, WIDTH - MARGIN.right]);
  const [before, after] = [
    binned(
      sizes.map((size) => size.before),
      domain,
    ),
    binned(
      sizes.map((size) => size.after),
      domain,
    ),
  ];
  const highest = max([...before, ...after], ({ length }) => length) ?? 1;
  const y = scaleLinear([0, Math.max(1, highest)], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(5);
  return html`<svg role="img" aria-label="Bytes of a bag before and after" viewBox="0 0 ${WIDTH} ${HEIGHT}">
${yAxis(y)}
${bars(before, 'before', x, y, 0)}${bars(after, 'after', x, y, 0.5)}
${xAxis(x)}
${limitLine(x(PAYLOAD_LIMIT), domain)}
</svg>`;
}

type Scale = (value: number) => number;
interface Ticked extends Scale {
  ticks(count?: number): number[];
}

/** The limit always lies within, so that one sees on which side of it the bags are. */
function domainOf(sizes: Sizes): [number, number] {
  const [least = 1, most = 1] = extent([...sizes.flatMap(({ before, after }) => [before, after]), PAYLOAD_LIMIT]);
  return [Math.max(1, least) / 1.2, most * 1.2];
}

/** Bins as wide as each other on the logarithmic axis. */
function binned(values: readonly number[], [least, most]: readonly [number, number]): readonly Bin<number, number>[] {
  const step = (most / least) ** (1 / BINS);
  const edges = range(1, BINS).map((at) => least * step ** at);
  return bin().domain([least, most]).thresholds(edges)(values);
}

function bars(
  bins: readonly Bin<number, number>[],
  tone: 'before' | 'after',
  x: Scale,
  y: Scale,
  shift: number,
): readonly Markup[] {
  return bins.flatMap(({ x0 = 1, x1 = 1, length }) => {
    if (length === 0) return [];
    const width = (x(x1) - x(x0)) / 2;
    const top = Math.min(y(length), y(0) - 1);
    return [
      html`<rect class="${tone}" x="${(x(x0) + shift * 2 * width + 0.5).toFixed(1)}" y="${top.toFixed(1)}" width="${Math.max(1, width - 0.5).toFixed(1)}" height="${(y(0) - top).toFixed(1)}"><title>${tone}: ${formatCount(length)} from ${formatBytes(Math.round(x0))} to ${formatBytes(Math.round(x1))}</title></rect>`,
    ];
  });
}

function xAxis(x: Ticked): Markup {
  const y = HEIGHT - MARGIN.bottom;
  const ticks = x.ticks(8).filter((tick) => /^[125]0*$/.test(String(tick)));
  const shown = ticks.length > 8 ? ticks.filter((tick) => /^10*$/.test(String(tick))) : ticks;
  return html`<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y}" y2="${y}"/>
${shown.map((tick) => html`<line class="axis" x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${y}" y2="${y + 4}"/><text class="tick" x="${x(tick).toFixed(1)}" y="${y + 16}">${formatBytes(tick).replace('.0 ', ' ')}</text>`)}
<text class="tick" x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - 6}">bytes of a bag (logarithmic)</text>`;
}

function yAxis(y: Ticked): Markup {
  const ticks = y.ticks(5).filter(Number.isInteger);
  const lines = ticks.map(
    (tick) =>
      html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/><text class="figure end" x="${MARGIN.left - 8}" y="${y(tick).toFixed(1)}">${formatCount(tick)}</text>`,
  );
  return html`${lines}<text class="figure" x="${MARGIN.left - 44}" y="${MARGIN.top - 16}">bags</text>`;
}

function limitLine(x: number, [least, most]: readonly [number, number]): Markup {
  const isFarRight = PAYLOAD_LIMIT / least > (most / least) ** 0.7;
  const place = isFarRight
    ? html`class="figure end" x="${(x - 5).toFixed(1)}"`
    : html`class="figure" x="${(x + 5).toFixed(1)}"`;
  return html`<line class="limit" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${MARGIN.top - 10}" y2="${HEIGHT - MARGIN.bottom}"/><text ${place} y="${MARGIN.top - 8}">262,144: limit of Step Functions</text>`;
}
