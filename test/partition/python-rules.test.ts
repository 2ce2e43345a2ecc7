import { describe, expect, test } from 'vitest';
import { partitionWorkflow } from '../../src/partition/index.js';
import { formatExact, parseExact } from '../../src/json/index.js';

/** The map of a workflow, from text with each number as it is spelled there, as the commands read it. */
function cut(workflow: string): string {
  return formatExact(partitionWorkflow(parseExact(Buffer.from(workflow))).partitionMap);
}

/** The map as the library makes it of a parsed workflow. Numbers are as `JSON.parse` reads them. */
function cutParsed(workflow: string): unknown {
  return JSON.parse(JSON.stringify(partitionWorkflow(JSON.parse(workflow)).partitionMap));
}

const NO_METADATA = '"metadata":{"label":null,"style":null,"animated":null,"edgeType":null,"loopType":null}';

/** An edge that leaves a segment and says nothing but its ends. */
function leaving(source: string, target: string): string {
  return (
    `{"source_node":${source},"target_node":${target},"edge_type":"normal","condition":null,"is_loop_exit":false,` +
    `"is_back_edge":false,"router_func":null,"mapping":null,${NO_METADATA}}`
  );
}

interface Row {
  readonly title: string;
  readonly workflow: string;
  readonly map: string;
}

const ROWS: readonly Row[] = [
  ...['1', '1.0', '1e0', 'true', '"true"'].map((hitp) => ({
    title: `a node with "hitp": ${hitp} makes its segment hitp, because it equals True or "true"`,
    workflow: `{"nodes":[{"id":"a"},{"id":"ask","hitp":${hitp}}],"edges":[{"source":"a","target":"ask"}]}`,
    map:
      `[{"id":0,"nodes":[{"id":"a"},{"id":"ask","hitp":${hitp}}],"edges":[{"source":"a","target":"ask"}],` +
      '"outgoing_edges":[],"type":"hitp","node_ids":["a","ask"],"next_mode":"end","default_next":null}]',
  })),
  {
    title: 'an edge out of a declared branch in its own list is in its outgoing_edges, and stays in its edges',
    workflow:
      '{"nodes":[{"id":"g","type":"parallel_group","branches":[{"id":"x","nodes":[{"id":"q"}],' +
      '"edges":[{"source":"q","target":"sign","type":"hitp"},{"source":"other","target":"q"}]}]},{"id":"sign"}],' +
      '"edges":[{"source":"g","target":"sign"}]}',
    map:
      '[{"id":1,"type":"parallel_group","branches":[{"branch_id":"x","partition_map":[{"id":0,"nodes":[{"id":"q"}],' +
      '"edges":[{"source":"q","target":"sign","type":"hitp"},{"source":"other","target":"q"}],' +
      `"outgoing_edges":[${leaving('"q"', '"sign"').replace('"normal"', '"hitp"')}],"type":"normal","node_ids":["q"],` +
      '"next_mode":"implicit_aggregator","default_next":null,"parent_aggregator":2}],"has_end":false,"target_node":"q"}],' +
      '"node_ids":["g"],"branch_count":1,"resource_policy":{},"label":"","next_mode":"default","default_next":2},' +
      '{"id":2,"type":"aggregator","nodes":[],"edges":[],"node_ids":[],"source_parallel_group":1,"next_mode":"default",' +
      '"default_next":3},{"id":3,"nodes":[{"id":"sign"}],"edges":[],"outgoing_edges":[],"type":"normal",' +
      '"node_ids":["sign"],"next_mode":"end","default_next":null}]',
  },
  {
    title: 'a declared branch with the id of a node of the workflow has none of its edges, but follows them',
    workflow:
      '{"nodes":[{"id":"q"},{"id":"g","type":"parallel_group","branches":[{"id":"x","nodes":[{"id":"q"}],"edges":[]}]},' +
      '{"id":"z","type":"llm_chat"}],"edges":[{"source":"q","target":"g"},{"source":"g","target":"z"}]}',
    map:
      `[{"id":0,"nodes":[{"id":"q"}],"edges":[],"outgoing_edges":[${leaving('"q"', '"g"')}],"type":"normal",` +
      '"node_ids":["q"],"next_mode":"default","default_next":2},{"id":2,"type":"parallel_group","branches":' +
      '[{"branch_id":"x","partition_map":[{"id":1,"nodes":[{"id":"q"}],"edges":[],"outgoing_edges":[],"type":"normal",' +
      '"node_ids":["q"],"next_mode":"default","default_next":2}],"has_end":false,"target_node":"q"}],"node_ids":["g"],' +
      '"branch_count":1,"resource_policy":{},"label":"","next_mode":"default","default_next":3},{"id":3,' +
      '"type":"aggregator","nodes":[],"edges":[],"node_ids":[],"source_parallel_group":2,"next_mode":"default",' +
      '"default_next":4},{"id":4,"nodes":[{"id":"z","type":"llm_chat"}],"edges":[],"outgoing_edges":[],"type":"llm",' +
      '"node_ids":["z"],"next_mode":"end","default_next":null}]',
  },
  ...['0', '""', '0.0', 'false', 'null'].map((id) => ({
    title: `the walk does not follow an edge from the node ${id}`,
    workflow: `{"nodes":[{"id":${id},"type":"llm_chat"},{"id":"b"}],"edges":[{"source":${id},"target":"b"}]}`,
    map:
      `[{"id":0,"nodes":[{"id":${id},"type":"llm_chat"}],"edges":[],"outgoing_edges":[${leaving(id, '"b"')}],` +
      `"type":"llm","node_ids":[${id}],"next_mode":"end","default_next":null}]`,
  })),
  ...['0', '0.0', 'false'].map((id) => ({
    title: `an edge into the node ${id} does not link segments, and the node is where a walk starts`,
    workflow: `{"nodes":[{"id":7,"type":"llm_chat"},{"id":${id}}],"edges":[{"source":7,"target":${id}}]}`,
    map:
      `[{"id":0,"nodes":[{"id":7,"type":"llm_chat"}],"edges":[],"outgoing_edges":[${leaving('7', id)}],"type":"llm",` +
      `"node_ids":[7],"next_mode":"end","default_next":null},{"id":1,"nodes":[{"id":${id}}],"edges":[],` +
      `"outgoing_edges":[],"type":"normal","node_ids":[${id}],"next_mode":"end","default_next":null}]`,
  })),
  {
    title: 'an edge between two nodes that are false is inside their segment, once',
    workflow:
      '{"nodes":[{"id":""},{"id":0}],"edges":[{"source":0,"target":""},{"source":0,"target":""},{"source":false,"target":""}]}',
    map:
      '[{"id":0,"nodes":[{"id":0},{"id":""}],"edges":[{"source":0,"target":""}],"outgoing_edges":[],"type":"normal",' +
      '"node_ids":[0,""],"next_mode":"end","default_next":null}]',
  },
  {
    title: 'a condition that is null stays null, and one that is missing is "default"',
    workflow:
      '{"nodes":[{"id":"g","type":"parallel_group","branches":[{}]},{"id":"b","type":"aiModel"},{"id":"c"}],' +
      '"edges":[{"source":"g","target":"b","condition":null},{"source":"g","target":"c"}]}',
    map:
      '[{"id":0,"type":"parallel_group","branches":[{"branch_id":"B0","partition_map":[],"has_end":false,' +
      '"target_node":null}],"node_ids":["g"],"branch_count":1,"resource_policy":{},"label":"","next_mode":"default",' +
      '"default_next":1},{"id":1,"type":"aggregator","nodes":[],"edges":[],"node_ids":[],"source_parallel_group":0,' +
      '"next_mode":"conditional","branches":[{"condition":null,"next":2},{"condition":"default","next":3}]},' +
      '{"id":2,"nodes":[{"id":"b","type":"aiModel"}],"edges":[],"outgoing_edges":[],"type":"llm","node_ids":["b"],' +
      '"next_mode":"end","default_next":null},{"id":3,"nodes":[{"id":"c"}],"edges":[],"outgoing_edges":[],' +
      '"type":"normal","node_ids":["c"],"next_mode":"end","default_next":null}]',
  },
  {
    title: 'null stays null as the id of a branch, and as label and resource_policy of a group',
    workflow:
      '{"nodes":[{"id":"g","type":"parallel_group","label":null,"resource_policy":null,"branches":[{"id":null}]}]}',
    map:
      '[{"id":0,"type":"parallel_group","branches":[{"branch_id":null,"partition_map":[],"has_end":false,' +
      '"target_node":null}],"node_ids":["g"],"branch_count":1,"resource_policy":null,"label":null,' +
      '"next_mode":"default","default_next":1},{"id":1,"type":"aggregator","nodes":[],"edges":[],"node_ids":[],' +
      '"source_parallel_group":0,"next_mode":"end","default_next":null}]',
  },
  {
    title: 'null stays null as type, isLoopExit and isBackEdge of an edge that leaves',
    workflow:
      '{"nodes":[{"id":"a"}],"edges":[{"source":"a","target":"b","type":null,"data":{"isLoopExit":null,"isBackEdge":null}}]}',
    map:
      '[{"id":0,"nodes":[{"id":"a"}],"edges":[],"outgoing_edges":[{"source_node":"a","target_node":"b",' +
      '"edge_type":null,"condition":null,"is_loop_exit":null,"is_back_edge":null,"router_func":null,"mapping":null,' +
      `${NO_METADATA}}],"type":"normal","node_ids":["a"],"next_mode":"end","default_next":null}]`,
  },
  {
    title: 'a node with the id null is a node, and an edge without a source or target names it',
    workflow: '{"nodes":[{"id":null}],"edges":[{"source":null},{"target":"x"}]}',
    map:
      '[{"id":0,"nodes":[{"id":null}],"edges":[{"source":null}],' +
      `"outgoing_edges":[${leaving('null', '"x"')}],"type":"normal","node_ids":[null],"next_mode":"end","default_next":null}]`,
  },
  ...['{}', '""', '[]'].map((edges) => ({
    title: `"edges": ${edges} is a workflow without edges`,
    workflow: `{"nodes":[{"id":"a"}],"edges":${edges}}`,
    map:
      '[{"id":0,"nodes":[{"id":"a"}],"edges":[],"outgoing_edges":[],"type":"normal","node_ids":["a"],' +
      '"next_mode":"end","default_next":null}]',
  })),
  {
    title: 'ids that are equal numbers or truth values are one node, and each place keeps its spelling',
    workflow:
      '{"nodes":[{"id":1.0},{"id":"b"},{"id":"c"},{"id":true,"type":"llm_chat"},{"id":2e0,"type":"parallel_group",' +
      '"branches":[null]}],"edges":[{"source":1,"target":"b"},{"source":true,"target":"c"},{"source":"b","target":2},' +
      '{"source":"c","target":2.00}]}',
    map:
      '[{"id":0,"nodes":[{"id":true,"type":"llm_chat"}],"edges":[],' +
      `"outgoing_edges":[${leaving('1', '"b"')},${leaving('true', '"c"')}],"type":"normal","node_ids":[true],` +
      '"next_mode":"conditional","branches":[{"condition":"default","next":1},{"condition":"default","next":2}]},' +
      '{"id":3,"type":"parallel_group","branches":[{"branch_id":"B0","partition_map":[{"id":1,"nodes":[{"id":"b"}],' +
      `"edges":[],"outgoing_edges":[${leaving('"b"', '2')}],"type":"normal","node_ids":["b"],` +
      '"next_mode":"implicit_aggregator","default_next":null,"parent_aggregator":4}],"has_end":false,"target_node":"b"},' +
      '{"branch_id":"B1","partition_map":[{"id":2,"nodes":[{"id":"c"}],"edges":[],' +
      `"outgoing_edges":[${leaving('"c"', '2.00')}],"type":"normal","node_ids":["c"],` +
      '"next_mode":"implicit_aggregator","default_next":null,"parent_aggregator":4}],"has_end":false,"target_node":"c"}],' +
      '"node_ids":[],"branch_count":2,"next_mode":"default","default_next":4},{"id":4,"type":"aggregator","nodes":[],' +
      '"edges":[],"node_ids":[],"convergence_node":2,"source_parallel_group":3,"next_mode":"end","default_next":null}]',
  },
  {
    title: 'an edge without a target makes its node a fork, but gets no branch and no number',
    workflow: '{"nodes":[{"id":"f"},{"id":"a"}],"edges":[{"source":"f"},{"source":"f","target":"a"}]}',
    map:
      `[{"id":0,"nodes":[{"id":"f"}],"edges":[],"outgoing_edges":[${leaving('"f"', 'null')},${leaving('"f"', '"a"')}],` +
      '"type":"normal","node_ids":["f"],"next_mode":"default","default_next":1},{"id":2,"type":"parallel_group",' +
      '"branches":[{"branch_id":"B0","partition_map":[{"id":1,"nodes":[{"id":"a"}],"edges":[],"outgoing_edges":[],' +
      '"type":"normal","node_ids":["a"],"next_mode":"implicit_aggregator","default_next":null,"parent_aggregator":3}],' +
      '"has_end":false,"target_node":"a"}],"node_ids":[],"branch_count":1,"next_mode":"default","default_next":3},' +
      '{"id":3,"type":"aggregator","nodes":[],"edges":[],"node_ids":[],"convergence_node":null,' +
      '"source_parallel_group":2,"next_mode":"end","default_next":null}]',
  },
  {
    title: 'the walk starts at the first node when an edge enters every node and none holds it back',
    workflow: '{"nodes":[{"id":"a"},{"id":"b"}],"edges":[{"target":"a"},{"source":"","target":"b"}]}',
    map:
      '[{"id":0,"nodes":[{"id":"a"}],"edges":[],"outgoing_edges":[],"type":"normal","node_ids":["a"],' +
      '"next_mode":"end","default_next":null}]',
  },
  {
    title: 'the target of a declared branch is the id of the first element of its list, or null if that has none',
    workflow:
      '{"nodes":[{"id":"g","type":"parallel_group","branches":[{"nodes":[{"note":1},{"id":"b"}]}]}],"edges":[]}',
    map:
      '[{"id":1,"type":"parallel_group","branches":[{"branch_id":"B0","partition_map":[{"id":0,"nodes":[{"id":"b"}],' +
      '"edges":[],"outgoing_edges":[],"type":"normal","node_ids":["b"],"next_mode":"implicit_aggregator",' +
      '"default_next":null,"parent_aggregator":2}],"has_end":false,"target_node":null}],"node_ids":["g"],' +
      '"branch_count":1,"resource_policy":{},"label":"","next_mode":"default","default_next":2},{"id":2,' +
      '"type":"aggregator","nodes":[],"edges":[],"node_ids":[],"source_parallel_group":1,"next_mode":"end",' +
      '"default_next":null}]',
  },
];

describe('where the rules of Python and JavaScript differ, the partitioner follows Python', () => {
  test.each(ROWS)('$title', ({ workflow, map }) => {
    expect(cut(workflow)).toBe(map);
    expect(cutParsed(workflow)).toEqual(JSON.parse(map));
  });
});
