// Keeps up with what happens elsewhere.
export async function follow(_signal: AbortSignal): Promise<void> {}
