import type { Random } from './random.js';

const ENGLISH = (
  'customer invoice contract review deadline evidence approval summary refund ledger shipment warehouse forecast ' +
  'renewal clause liability reviewer draft translation margin carrier region supplier quarter audit dispute payment ' +
  'should must keep compare explain list reject accept forward with before after every without unless when only'
).split(' ');

const KOREAN = (
  '고객 계약서 검토 마감일 증빙 승인 요약 환불 원장 배송 창고 수요예측 갱신 조항 책임 담당자 초안 번역 마진 운송사 ' +
  '지역 공급사 분기 감사 분쟁 결제 확인한다 비교한다 설명한다 제외한다 전달한다 먼저 이후 모든 없이 경우에만 반드시'
).split(' ');

/**
 * Words in a row: one phrase in four is Korean, as in the workflows the engine was built for, and one in three ends in
 * a case number. Nothing in it needs escaping in UTF-8 JSON.
 */
export function phrase(random: Random, words: number): string {
  const language = random.below(4) === 0 ? KOREAN : ENGLISH;
  const chosen = Array.from({ length: words }, () => random.pick(language));
  if (random.below(3) === 0) chosen.push(`#${random.below(90000) + 10000}`);
  return chosen.join(' ');
}

/** ASCII words of exactly that many bytes. */
export function asciiText(random: Random, bytes: number): string {
  let text = '';
  while (text.length < bytes) text += (text === '' ? '' : ' ') + random.pick(ENGLISH);
  return text.slice(0, bytes).replace(/ $/, '.');
}
