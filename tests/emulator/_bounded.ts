/** Fails after half a minute instead of waiting for ever; a worker may have to be compiled first. */
export async function bounded<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error("Nothing happened in half a minute")),
    30_000,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
