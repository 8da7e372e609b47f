/** Waits for a promise, but not longer than so many milliseconds. */
export async function within(
  promise: Promise<void>,
  milliseconds: number,
): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, milliseconds);
  try {
    await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
