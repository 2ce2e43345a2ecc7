import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/findings/finding.js';
import { FORMATS, renderFindings } from '../../src/findings/formats.js';
import type { FindingReport } from '../../src/findings/formats.js';
import { loadWriter } from '../../src/findings/load-writer.js';

const inline: Finding = {
  rule: 'not',
  level: 'error',
  message: 'It is inline, <again> & "so".',
  hint: 'Take it out.',
  file: 'bags/a b,c.json',
  line: 3,
  column: 5,
  pointer: '/state_data/workflow_config',
};
const near: Finding = {
  rule: 'headroom',
  level: 'warning',
  message: '100% full\nnearly',
  file: 's3://bucket/k y.json',
};
const report: FindingReport = {
  check: 'statebag validate',
  version: '1.2.3',
  files: ['bags/good.json', 'bags/a b,c.json'],
  findings: [inline, near],
  rules: [
    { id: 'not', description: 'May not be there.' },
    { id: 'type', description: 'Another type.' },
  ],
};

// Tests the writers themselves: no command writes these characters, or breaks off at a given place.
describe('findings as', () => {
  it("pretty are lines of a compiler, with what ends a terminal's line taken out", () => {
    expect(renderFindings('pretty', report)).toBe(
      [
        'bags/a b,c.json:3:5  /state_data/workflow_config  It is inline, <again> & "so". (not)',
        '    Take it out.',
        's3://bucket/k y.json  warning  document  100% full nearly (headroom)',
        '3 documents, 2 valid, 1 invalid',
        '',
      ].join('\n'),
    );
  });

  it('json are documents with issues, and totals', () => {
    const issue = Object.fromEntries(Object.entries(inline).filter(([name]) => name !== 'file'));
    expect(JSON.parse(renderFindings('json', report))).toEqual({
      documents: [
        { id: 'bags/good.json', file: 'bags/good.json', valid: true, issues: [] },
        { id: 'bags/a b,c.json', file: 'bags/a b,c.json', valid: false, issues: [issue] },
        {
          id: 's3://bucket/k y.json',
          file: 's3://bucket/k y.json',
          valid: true,
          issues: [{ rule: 'headroom', level: 'warning', message: '100% full\nnearly' }],
        },
      ],
      totals: { documents: 3, valid: 2, invalid: 1 },
    });
    expect(JSON.parse(renderFindings('json', { ...report, files: [], findings: [] }))).toEqual({
      documents: [],
      totals: { documents: 0, valid: 0, invalid: 0 },
    });
  });

  it('github are workflow commands, escaped as the runner reads them', () => {
    expect(renderFindings('github', report).split('\n')).toEqual([
      '::error file=bags/a b%2Cc.json,line=3,col=5,title=not /state_data/workflow_config::It is inline, <again> & "so".%0ATake it out.',
      '::warning file=s3%3A//bucket/k y.json,title=headroom::100%25 full%0Anearly',
      '3 documents, 2 valid, 1 invalid',
      '',
    ]);
  });

  it('sarif are results of one run, with the rules that were broken and addresses that are URIs', () => {
    const sarif = JSON.parse(renderFindings('sarif', report)) as {
      version: string;
      runs: [{ results: unknown[]; tool: unknown; columnKind: string; invocations: unknown }];
    };
    expect(sarif.version).toBe('2.1.0');
    const [run] = sarif.runs;
    expect(run.tool).toEqual({
      driver: {
        name: 'statebag validate',
        version: '1.2.3',
        rules: [{ id: 'not', shortDescription: { text: 'May not be there.' } }, { id: 'headroom' }],
      },
    });
    expect(run.results).toEqual([
      {
        ruleId: 'not',
        level: 'error',
        message: { text: 'It is inline, <again> & "so". Take it out.' },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'bags/a%20b%2Cc.json', uriBaseId: '%SRCROOT%' },
              region: { startLine: 3, startColumn: 5 },
            },
            logicalLocations: [{ fullyQualifiedName: '/state_data/workflow_config' }],
          },
        ],
      },
      {
        ruleId: 'headroom',
        level: 'warning',
        message: { text: '100% full\nnearly' },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 's3/bucket/k%20y.json', description: { text: 's3://bucket/k y.json' } },
            },
          },
        ],
      },
    ]);
    expect([run.columnKind, run.invocations]).toEqual(['unicodeCodePoints', [{ executionSuccessful: true }]]);
  });

  it('junit are a suite a document, a failure each for what is invalid', () => {
    const xml = renderFindings('junit', report);
    expect(xml.match(/<testsuite /g)).toHaveLength(3);
    expect(xml).toContain(
      '<testsuite name="bags/good.json" tests="1" failures="0" errors="0">\n    <testcase name="bags/good.json" classname="statebag validate"/>',
    );
    expect(xml).toContain(
      '<failure message="It is inline, &lt;again&gt; &amp; &quot;so&quot;." type="not">bags/a b,c.json:3:5: /state_data/workflow_config It is inline',
    );
    expect(xml).toContain('<system-out>s3://bucket/k y.json: 100% full\nnearly (headroom)</system-out>');
  });

  it('junit hold no character that XML cannot', () => {
    const finding = { ...inline, message: 'a\u0000b\u001bc\ud800d\uffff😀é', hint: '\b' };
    expect(renderFindings('junit', { ...report, findings: [finding] })).toContain(
      'message="a\ufffdb\ufffdc\ufffdd\ufffd😀é"',
    );
  });
});

describe.each(FORMATS)('a %s report that breaks off', (format) => {
  const failure = { code: 'STORE_DENIED', message: 'no: 100% <denied>' };

  it('is closed all the same, and says why where its format can', async () => {
    const writer = await loadWriter(format, report);
    const text = writer.head() + writer.document({ id: 'a', file: 'a', findings: [inline] }) + writer.tail(failure);
    if (format === 'json') expect(JSON.parse(text)).toMatchObject({ documents: [{ id: 'a' }], error: failure });
    if (format === 'sarif')
      expect(JSON.parse(text)).toMatchObject({
        runs: [
          {
            results: [{}],
            invocations: [
              { executionSuccessful: false, toolExecutionNotifications: [{ message: { text: failure.message } }] },
            ],
          },
        ],
      });
    if (format === 'junit')
      expect(text).toMatch(/<error message="no: 100% &lt;denied&gt;" type="STORE_DENIED"\/>[\s\S]*<\/testsuites>\n$/);
    if (format === 'github') expect(text).toContain('::error title=STORE_DENIED::no: 100%25 <denied>\n');
    if (format === 'pretty') expect(text).toMatch(/^bags\/a b,c\.json:3:5 .*\n {4}Take it out\.\n$/);
  });
});

it.each([
  [
    'pretty',
    'd/b.txt  skipped  Not read: "x". (NAME_SKIPPED)\n0 documents, 0 valid, 0 invalid\nnot proven: 1 skipped\n',
  ],
  [
    'github',
    '::error file=d/b.txt,title=NAME_SKIPPED::Not read: "x".\n0 documents, 0 valid, 0 invalid\nnot proven: 1 skipped\n',
  ],
  ['json', '{"documents":[],\n"totals":{"documents":0,"valid":0,"invalid":0},\n"answer":"not proven"}\n'],
] as const)('an entry that was not read is in no total of a %s report', async (format, text) => {
  const writer = await loadWriter(format, report);
  const entry = { kind: 'skipped', file: 'd/b.txt', code: 'NAME_SKIPPED', message: 'Not read: "x".' };
  const conclusion = { members: { answer: 'not proven' }, remark: 'not proven: 1 skipped' };
  expect(writer.head() + writer.entry(entry) + writer.tail(undefined, conclusion)).toBe(text);
});

// Code scanning of GitHub refuses the whole report for any other address, and for one that is not an URI reference.
it.each([
  ['bags/a.json', { uri: 'bags/a.json', uriBaseId: '%SRCROOT%' }],
  ['bags/a#1?%25:ü.json', { uri: 'bags/a%231%3F%2525%3A%C3%BC.json', uriBaseId: '%SRCROOT%' }],
  ['s3:a.json', { uri: 's3%3Aa.json', uriBaseId: '%SRCROOT%' }],
  ['/tmp/a b.json', { uri: 'file:///tmp/a%20b.json' }],
  ['s3://docs/p/a+b%20c#d?e%2525.json', 's3/docs/p/a%2Bb%2520c%23d%3Fe%252525.json'],
  ['s3://docs/../a//b\n.json', 's3/docs/%252E%252E/a//b%0A.json'],
  ['dynamodb://Table?id=7', 'dynamodb/Table%3Fid%3D7'],
  ['sfn://arn:aws:states:e:1:execution:m:n', 'sfn/arn%3Aaws%3Astates%3Ae%3A1%3Aexecution%3Am%3An'],
  ['-', { uri: 'stdin', description: { text: 'standard input' } }],
  ['/dev/stdin', { uri: 'stdin', description: { text: 'standard input' } }],
  ['lone \ud800.json', { uri: 'lone%20%EF%BF%BD.json', uriBaseId: '%SRCROOT%' }],
])('the address of %j in sarif is relative or of a file', (file, expected) => {
  const sarif = JSON.parse(renderFindings('sarif', { ...report, files: [], findings: [{ ...inline, file }] })) as {
    runs: [{ results: [{ locations: [{ physicalLocation: { artifactLocation: { uri: string } } }] }] }];
  };
  const location = sarif.runs[0].results[0].locations[0].physicalLocation.artifactLocation;
  expect(location).toEqual(typeof expected === 'string' ? { uri: expected, description: { text: file } } : expected);
  expect(new URL(location.uri, 'file:///checkout/').protocol).toBe('file:');
});
