import type { JsonObject } from './json-value.js';
import { HUMAN_TEXTS, LLM_TEXTS, PLAIN_TEXTS } from './node-texts.js';
import type { Random } from './random.js';

/** A node of a workflow as the editor saves it. */
export interface FleetNode extends JsonObject {
  id: string;
  type: string;
  label: string;
  /** What the runner executes; also where filler goes. */
  config: JsonObject;
}

/** Makes the nodes of one workflow, with ids that do not repeat. */
export class NodeMaker {
  private readonly random: Random;
  private count = 0;

  constructor(random: Random) {
    this.random = random;
  }

  get made(): number {
    return this.count;
  }

  /** One in five is of type `code`, which the legacy partitioner turns into `operator` on the way to the map. */
  plain(): FleetNode {
    const { stem, label, code } = this.random.pick(PLAIN_TEXTS);
    const type = this.random.below(5) === 0 ? 'code' : 'operator';
    return { id: this.id(stem), type, label, config: { code, output_key: stem } };
  }

  llm(): FleetNode {
    const { stem, label, system, prompt } = this.random.pick(LLM_TEXTS);
    const max_tokens = 100 * (1 + this.random.below(20));
    const temperature = this.random.below(10) / 10;
    const id = this.id(stem);
    if (this.random.below(3) === 0) {
      return {
        id,
        type: 'aiModel',
        label,
        config: { model: 'house-small', prompt, max_tokens, temperature, output_key: stem },
      };
    }
    const config = { provider: 'bedrock', model: 'house-large', system_prompt: system, prompt_content: prompt };
    return { id, type: 'llm_chat', label, config: { ...config, max_tokens, temperature, output_key: stem } };
  }

  human(): FleetNode {
    const { stem, label } = this.random.pick(HUMAN_TEXTS);
    const config = { code: `state['${stem}'] = state.get('answer')`, output_key: stem };
    return { id: this.id(stem), type: 'operator', label, config, hitp: true };
  }

  group(branches: JsonObject[]): FleetNode {
    const resource_policy = { max_concurrent_branches: branches.length, strategy: 'COST_OPTIMIZED' };
    return {
      id: this.id('side_by_side'),
      type: 'parallel_group',
      label: '동시 처리',
      config: {},
      resource_policy,
      branches,
    };
  }

  private id(stem: string): string {
    return `${stem}_${String(this.count++).padStart(2, '0')}`;
  }
}
