/** Words that a definition, or a template around one, has in it. */
const RESOURCES = /AWS::(?:StepFunctions|Serverless)::StateMachine/;

/**
 * True for a file that is a definition, or a template with one, as far as that can be said of bytes that cannot be
 * parsed: by its name or by its words.
 */
export function mayHoldMachine(bytes: Uint8Array | undefined, file: string): boolean {
  if (isDefinitionName(file)) return true;
  if (!bytes) return false;
  const text = Buffer.from(bytes).toString('latin1').replaceAll('\0', '');
  return (text.includes('StartAt') && text.includes('States')) || RESOURCES.test(text);
}

/** `order.asl.json`, `order.asl`. */
export function isDefinitionName(file: string): boolean {
  return /\.asl(?:\.\w+)?$/i.test(file);
}

/** Terraform is not read: its language computes definitions. */
export function isTerraform(file: string): boolean {
  return /\.tf$/i.test(file);
}
