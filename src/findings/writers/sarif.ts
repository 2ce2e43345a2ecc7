import type { Finding } from '../finding.js';
import type { Conclusion, FindingWriter, RunFailure, WriterContext } from '../finding-writer.js';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** SARIF 2.1.0, one run, as code scanning of GitHub and other readers of findings take it. */
export function sarifWriter(context: WriterContext): FindingWriter {
  const found = new Set<string>();
  let isFirst = true;
  const write = (result: Finding): string => {
    found.add(result.rule);
    const separator = isFirst ? '' : ',';
    isFirst = false;
    return `${separator}\n${JSON.stringify(resultOf(result))}`;
  };
  return {
    head: () =>
      `{"$schema":${JSON.stringify(SCHEMA)},"version":"2.1.0","runs":[{"columnKind":"unicodeCodePoints","results":[`,
    document: ({ findings }) => findings.map(write).join(''),
    entry: ({ file, code, message }) => write({ rule: code, level: 'error', message, file }),
    tail: (failure, conclusion) =>
      `],\n"tool":${JSON.stringify(toolOf(context, found))},\n"invocations":${JSON.stringify([invocationOf(failure, conclusion)])}}]}\n`,
  };
}

function resultOf(finding: Finding): object {
  const { rule, level, message, hint, pointer } = finding;
  return {
    ruleId: rule,
    level,
    message: { text: hint === undefined ? message : `${message} ${hint}` },
    locations: [
      {
        physicalLocation: physicalLocation(finding),
        ...(pointer !== undefined && { logicalLocations: [{ fullyQualifiedName: pointer }] }),
      },
    ],
  };
}

function physicalLocation({ file, line, column }: Finding): object {
  const region =
    line === undefined ? {} : { region: { startLine: line, ...(column !== undefined && { startColumn: column }) } };
  return { artifactLocation: artifactLocation(file), ...region };
}

/**
 * A path below the working directory is relative to the root of the sources; readers know that root by this name. Code
 * scanning of GitHub refuses a whole report for an address that is neither relative nor `file://`, and a result without
 * one: `s3://bucket/key` is `s3/bucket/key`, and standard input is `stdin`. The description has the name itself.
 */
function artifactLocation(file: string): object {
  if (file === '-' || file === '/dev/stdin') return { uri: 'stdin', description: { text: 'standard input' } };
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]+):\/\/(.*)$/is.exec(file) ?? [];
  if (scheme !== undefined) return { uri: encodePath(`${scheme}/${rest}`), description: { text: file } };
  const uri = encodePath(file);
  return file.startsWith('/') ? { uri: `file://${uri}` } : { uri, uriBaseId: '%SRCROOT%' };
}

/** Each part for itself, so that no character of a name means something in an address. */
function encodePath(path: string): string {
  return path.split('/').map(encodePart).join('/');
}

/** A key may have the parts `.` and `..`, which readers would resolve, with one percent sign too. */
function encodePart(part: string): string {
  if (part === '.' || part === '..') return part.replaceAll('.', '%252E');
  return encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\uFFFD'));
}

function toolOf({ check, version, rules }: WriterContext, found: ReadonlySet<string>): object {
  const described = rules
    .filter(({ id }) => found.has(id))
    .map(({ id, description, help }) => ({
      id,
      shortDescription: { text: description },
      ...(help !== undefined && { help: { text: help } }),
    }));
  const known = new Set(rules.map(({ id }) => id));
  const others = [...found].filter((id) => !known.has(id)).map((id) => ({ id }));
  return { driver: { name: check, version, rules: [...described, ...others] } };
}

function invocationOf(failure: RunFailure | undefined, conclusion: Conclusion = {}): object {
  if (failure) {
    const notification = { level: 'error', message: { text: failure.message }, descriptor: { id: failure.code } };
    return { executionSuccessful: false, toolExecutionNotifications: [notification] };
  }
  const { remark, isComplete = true } = conclusion;
  const level = isComplete ? 'note' : 'warning';
  const notifications = remark?.split('\n').map((text) => ({ level, message: { text } }));
  return { executionSuccessful: isComplete, ...(notifications && { toolExecutionNotifications: notifications }) };
}
