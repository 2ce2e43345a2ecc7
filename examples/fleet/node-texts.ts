/** What a node is about. Labels are in the language of the people who drew the workflow, prompts in both. */
interface NodeText {
  readonly stem: string;
  readonly label: string;
}

export const PLAIN_TEXTS: readonly (NodeText & { readonly code: string })[] = [
  { stem: 'load_case', label: '사건 불러오기', code: 'state[\'case\'] = find_case(state["case_id"])' },
  {
    stem: 'strip_names',
    label: '이름 지우기',
    code: "state['text'] = redact(state['text'])\nstate['redacted'] = True",
  },
  { stem: 'split_pages', label: 'Split into pages', code: "state['pages'] = state['text'].split('\\f')" },
  { stem: 'sum_totals', label: '합계 계산', code: "state['total'] = round(sum(r['net'] for r in state['rows']), 2)" },
  { stem: 'pick_queue', label: 'Pick a queue', code: "state['queue'] = 'slow' if state['total'] > 1000 else 'fast'" },
  { stem: 'save_result', label: '결과 저장', code: "store(state['case'], state.get('draft', ''))" },
  { stem: 'tell_team', label: '담당자에게 알리기', code: "notify('team', f\"{state['case']} is ready ✔\")" },
];

export const LLM_TEXTS: readonly (NodeText & { readonly system: string; readonly prompt: string })[] = [
  {
    stem: 'draft_reply',
    label: '답장 초안',
    system: 'You answer letters for a shipping office. Be brief and kind.',
    prompt: 'Write a reply to this letter: {text}',
  },
  {
    stem: 'rate_risk',
    label: 'Rate the risk',
    system: '당신은 계약서를 검토하는 담당자입니다.',
    prompt: '다음 조항의 위험도를 1에서 5까지 매기고 이유를 한 문장으로 쓰세요: {text}',
  },
  {
    stem: 'summarise',
    label: '요약',
    system: 'You summarise for busy readers. Never add facts.',
    prompt: 'Summarise in three "bullet" lines:\n{pages}',
  },
  {
    stem: 'translate',
    label: '번역',
    system: '공손하고 정확하게 번역합니다.',
    prompt: '아래 글을 영어로 옮기되 고유명사는 그대로 두세요.\n{draft}',
  },
];

export const HUMAN_TEXTS: readonly NodeText[] = [
  { stem: 'ask_manager', label: '팀장 승인 요청' },
  { stem: 'check_by_hand', label: 'Check by hand' },
];

/** Conditions on the second edge out of a fork. */
export const CONDITIONS: readonly string[] = ["state['total'] > 1000", "state.get('redacted') is True"];
