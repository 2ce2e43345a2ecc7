/** How the functions behind the machine are wrapped: `fat` ones are filled from the paths of both fields. */
export interface AslSettings {
  readonly speaks: 'lean' | 'fat';
}
