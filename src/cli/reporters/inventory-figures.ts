import type { GateInventory } from '../../run/inventory.js';
import type { Inventory } from '../../sources/inventory.js';
import { formatCount } from './format.js';
import type { TableRow } from './format.js';

const REMARKS = {
  unreadable: 'files, objects, rows, executions, directories and links that could not be read',
  skipped: 'files of other names or kinds, not read',
  empty: 'places without a document',
  undecidable: 'documents that were read and are not understood',
} as const satisfies Partial<Record<keyof GateInventory, string>>;

/** What was not looked at or not understood; nothing where all was. */
export function inventoryRows(inventory: Inventory & Partial<GateInventory>): TableRow[] {
  const kinds = Object.keys(REMARKS) as (keyof typeof REMARKS)[];
  return kinds.flatMap((kind): TableRow[] => {
    const count = inventory[kind] ?? 0;
    return count > 0 ? [[kind, formatCount(count), REMARKS[kind]]] : [];
  });
}

/** The same for a gate, whose answer says from how many entries it comes. */
export function gateRows(inventory: GateInventory): TableRow[] {
  return [['read', formatCount(inventory.read), 'files, objects, rows and executions'], ...inventoryRows(inventory)];
}
