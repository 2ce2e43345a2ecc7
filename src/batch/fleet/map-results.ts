import { ConfigError } from '../../errors/index.js';
import { formatS3Uri } from '../../store/index.js';
import type { Reported, TaskAnswer } from './task-answer.js';

/** One child execution in a result file: its input and output are JSON text, or JSON where the writer was told to. */
interface ChildExecution {
  readonly Input?: unknown;
  readonly Output?: unknown;
  readonly Status?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

/** What a result file of a Map Run tells, an array or one execution a line. Throws `ConfigError` `REPORT_INVALID`. */
export function* mapAnswers(uri: string, text: string): Iterable<Reported> {
  for (const child of childrenOf(uri, text)) {
    const output = opened(child.Output) as { readonly answers?: readonly TaskAnswer[] } | undefined;
    const answers = output?.answers ?? answerInCause(child);
    if (answers) yield* answers.map((answer) => ({ answer }));
    else
      yield {
        silent: { ids: idsOf(opened(child.Input)), code: child.Error ?? 'TASK_FAILED', reason: reasonOf(child) },
      };
  }
}

function childrenOf(uri: string, text: string): readonly ChildExecution[] {
  try {
    const isArray = text.trimStart().startsWith('[');
    return (
      isArray
        ? JSON.parse(text)
        : text
            .split('\n')
            .filter((line) => line.trim() !== '')
            .map((line) => JSON.parse(line) as unknown)
    ) as readonly ChildExecution[];
  } catch (cause) {
    throw new ConfigError('REPORT_INVALID', `${uri} is no result file of a Map Run: it is no JSON`, { cause });
  }
}

/** A batch that failed for its findings carries its answer as the message of the error. */
function answerInCause({ Cause: cause }: ChildExecution): readonly TaskAnswer[] | undefined {
  const { errorMessage } = (opened(cause) ?? {}) as { readonly errorMessage?: unknown };
  const told = opened(errorMessage) as Partial<TaskAnswer> | undefined;
  return told && 'counts' in told ? [told as TaskAnswer] : undefined;
}

function reasonOf({ Status: status, Cause: cause = '' }: ChildExecution): string {
  const { errorMessage } = (opened(cause) ?? {}) as { readonly errorMessage?: unknown };
  return typeof errorMessage === 'string'
    ? errorMessage
    : cause === ''
      ? `the batch is ${status ?? 'without an answer'}`
      : cause;
}

/** JSON that may stand in a string. `undefined` for what is no JSON object. */
function opened(value: unknown): object | undefined {
  const parsed = typeof value === 'string' ? detectJson(value) : value;
  return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
}

function detectJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A cause may be any text.
    return undefined;
  }
}

/** What a batch was about, as far as its input says so. */
function idsOf(input: object | undefined): readonly string[] {
  const { Items: items = input === undefined ? [] : [input], BatchInput: shared } = (input ?? {}) as {
    readonly Items?: readonly object[];
    readonly BatchInput?: { readonly bucket?: string };
  };
  return items.flatMap((item) => {
    const {
      id,
      lines,
      Key: key,
      Bucket: bucket = shared?.bucket,
    } = item as { id?: string; lines?: readonly number[]; Key?: string; Bucket?: string };
    if (id !== undefined) return [lines ? `${id}#L${lines.join('-L')}` : id];
    return key !== undefined && bucket !== undefined ? [formatS3Uri({ bucket, key })] : [];
  });
}
