import { vi } from 'vitest'

export type Captured = { readonly stdout: string; readonly stderr: string }

/** Starts to keep what this process writes instead of writing it; the returned functions read it and end that. */
export function captureOutput(): { read(): Captured; restore(): void } {
  const parts = { stdout: '', stderr: '' }
  const keep = (name: keyof typeof parts) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      parts[name] += String(chunk)
      return true
    })
  const spies = [keep('stdout'), keep('stderr')]
  return {
    read: () => ({ ...parts }),
    restore() {
      for (const spy of spies) spy.mockRestore()
    },
  }
}

/** What a piece of work wrote, and what it returned. */
export async function withOutput<T>(work: () => Promise<T>): Promise<Captured & { readonly result: T }> {
  const output = captureOutput()
  try {
    const result = await work()
    return { ...output.read(), result }
  } finally {
    output.restore()
  }
}
