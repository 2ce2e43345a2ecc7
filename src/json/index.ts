export {
  appendBytes,
  appendNumber,
  bufferOver,
  concatenate,
  locate,
  locateAll,
  type TextPlace,
  uninitialised,
} from './bytes.js';
export { Decimal } from './decimal.js';
export { findDuplicateMembers, hasDuplicateMembers, type DuplicateMember, type MemberText } from './duplicates.js';
export { openEmbedded, translateSplices } from './embedded.js';
export { EVERYTHING, expandNode } from './scan.js';
export { type MemberEdit, type NewMember, spliceMembers } from './edit.js';
export { decodeString, lastMember, sliceNode, toPlainValue } from './members.js';
export { type JsonKind, type JsonMember, type JsonNode, LEAF, type Shape } from './node.js';
export { MAX_DEPTH, MAX_DOCUMENT_BYTES, scanJson, type ScanOptions } from './scan.js';
export { applySplices, givesBack, invertSplices, type Splice } from './edit.js';
export { ExactNumber, formatExact, parseExact } from './exact.js';
