import type { JournalReport } from '../../journal/report.js';
import { html, isolateText, Markup } from './markup.js';
import type { ReportFacts } from './report-facts.js';
import { failures, figures, gaps, hazards, outcomes, resumability, runs, sizes, workflows } from './sections.js';

/** The whole look of the page: no fonts, images or scripts from anywhere. */
const STYLE = `
:root { --before: #b9bec7; --after: #1c6e8c; --good: #2c7a4b; --calm: #8b95a5; --bad: #b3261e; --ink: #1d2430; --faint: #5c6675; --line: #d9dde3 }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.5rem 4rem; background: #fff; color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Arial, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line) }
p { margin: .4rem 0; max-width: 46rem }
.faint { color: var(--faint) }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: .8rem; margin: 1.4rem 0 0; padding: 0 }
.figures div { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem }
.figures dt { color: var(--faint); font-size: .8rem }
.figures dd { margin: 0; font-size: 1.3rem; font-weight: 600; font-variant-numeric: tabular-nums }
.figures small { display: block; font-size: .8rem; font-weight: 400; color: var(--faint) }
svg { display: block; width: 100%; height: auto; overflow: visible; font-size: 12px }
svg text { fill: var(--ink); dominant-baseline: central }
svg .label, svg .end { text-anchor: end }
svg .tick { text-anchor: middle; fill: var(--faint) }
svg .figure { fill: var(--faint); font-variant-numeric: tabular-nums }
.before { fill: var(--before); background: var(--before) } .after { fill: var(--after); background: var(--after) }
.good { fill: var(--good) } .calm { fill: var(--calm) } .bad { fill: var(--bad) }
.axis { stroke: var(--faint) } .grid { stroke: var(--line) } .limit { stroke: var(--bad); stroke-dasharray: 5 3; stroke-width: 1.5 }
.legend { display: flex; gap: 1.2rem; font-size: .85rem; color: var(--faint); margin: .2rem 0 .6rem }
.legend span { display: flex; align-items: center; gap: .4rem }
.legend i { width: .9rem; height: .9rem; display: inline-block }
table { border-collapse: collapse; margin: .6rem 0; font-size: .88rem }
table.wide { width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
th { color: var(--faint); font-weight: 600; white-space: nowrap }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
td.word { white-space: nowrap }
td.code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace; font-size: .82rem; overflow-wrap: normal; white-space: nowrap }
@page { margin: 16mm 14mm }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt }
  h2, .legend { break-after: avoid }
  svg, tr, .figures div { break-inside: avoid }
  svg { max-height: 200mm }
  thead { display: table-header-group }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
`;

/** Nothing is fetched and nothing runs, whatever a document managed to smuggle in. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The report of a journal as one page, complete in itself. */
export function reportPage(directory: string, report: JournalReport, facts: ReportFacts, madeAt: Date): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>statebag: report of a migration</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>Report of a migration</h1>
<p class="faint">Journal ${isolateText(directory)}, as of ${madeAt.toISOString()}.</p>
${gaps(directory, report)}
${figures(report)}
${outcomes(report)}${sizes(facts)}${workflows(facts)}${resumability(facts)}${hazards(facts)}${failures(report)}${runs(report)}
</body>
</html>
`;
  return page.text;
}
