import { isMembers } from './json.js';
import type { Members } from './json.js';

/** The bag of an event as the engine's functions have always found it. */
export function openBag(event: Members): Members {
  const { state_data: data } = event;
  if (isMembers(data) && isMembers(data.bag)) return data.bag;
  return isMembers(data) && Object.keys(data).length > 0 ? data : event;
}
