/** A meaning asks for something that a region does not do by itself. */
export class NotInlinable extends Error {
  override readonly name = "NotInlinable";
}
