import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partitionWorkflow } from '../../src/partition/index.js';
import { canonical, canonicalDigest } from '../bag/canonical.js';

type Json = Readonly<Record<string, unknown>>;

interface ObservedGraph {
  readonly name: string;
  readonly workflow_config: unknown;
  readonly partition_map?: unknown;
  readonly counts?: unknown;
  readonly error?: string;
}

interface ObservedBag {
  readonly bag: string;
  readonly segments: readonly string[];
}

function load(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

/** The workflow of a recorded bag: inline, or behind a pointer into the recorded store. */
function workflowOf(root: string, bag: string): unknown {
  const { state_data } = load(root, bag) as { state_data: { workflow_config: Json } };
  const config = state_data.workflow_config;
  return config.__s3_pointer__ === true ? load(root, 's3', String(config.bucket), String(config.key)) : config;
}

test('the digest of a segment does not depend on the order of its keys, and tells values apart', () => {
  const text = '{"b":[1.0,null],"\u{1F600}":1,"～":2,"10":{"__proto__":true}}';
  expect(canonical(JSON.parse(text))).toBe('{"10":{"__proto__":true},"b":[1,null],"～":2,"\u{1F600}":1}');
  expect(canonicalDigest({ a: 1, b: 2 })).toBe(canonicalDigest({ b: 2, a: 1 }));
  expect(canonicalDigest({ a: 1 })).not.toBe(canonicalDigest({ a: '1' }));
});

const corpus = process.env.STATEBAG_CORPUS;

if (corpus !== undefined) {
  describe('recorded graphs are cut as the legacy partitioner cut them, to the order of keys', () => {
    const graphs = load(corpus, 'expected', 'partition-graphs.json') as readonly ObservedGraph[];
    test.each(graphs.map((graph) => [graph.name, graph] as const))(
      '%s',
      (_, { workflow_config, partition_map, counts, error }) => {
        if (error !== undefined) {
          expect(error).toBe('CycleDetectedError');
          expect(() => partitionWorkflow(workflow_config)).toThrow(expect.objectContaining({ code: 'WORKFLOW_CYCLE' }));
          return;
        }
        const result = partitionWorkflow(workflow_config);
        expect(result).toStrictEqual({ partitionMap: partition_map, counts });
        expect(JSON.stringify(result)).toBe(JSON.stringify({ partitionMap: partition_map, counts }));
      },
    );
  });

  describe('the workflows of recorded bags give the recorded segments', () => {
    const bags = load(corpus, 'expected', 'partition.json') as readonly ObservedBag[];
    test.each(bags.map(({ bag, segments }) => [bag, segments] as const))('%s', (bag, segments) => {
      expect(partitionWorkflow(workflowOf(corpus, bag)).partitionMap.map(canonicalDigest)).toEqual(segments);
    });
  });
}
