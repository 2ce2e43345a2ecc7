import type { JournalReport } from '../../journal/report.js';
import { isolateText, html, Markup } from './markup.js';
import type { ReportFacts } from './report-facts.js';
import { failures, figures, gaps, hazards, outcomes, resumability, runs, sizes, workflows } from './sections.js';
import { STYLE } from './style.js';

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
