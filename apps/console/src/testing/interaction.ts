import type { Page } from 'playwright-core'

/** Has the browser note from now on how long each interaction takes until the next frame is painted. */
export async function watchInteractions(page: Page): Promise<void> {
  await page.evaluate(() => {
    const durations = new Map<number, number>()
    const note = (entries: readonly PerformanceEntry[]) => {
      for (const { interactionId = 0, duration } of entries as readonly (PerformanceEntry & {
        interactionId?: number
      })[]) {
        if (interactionId > 0) durations.set(interactionId, Math.max(duration, durations.get(interactionId) ?? 0))
      }
    }
    const observer = new PerformanceObserver((list) => note(list.getEntries()))
    observer.observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
    Object.assign(window, {
      takeInteractions: () => {
        note(observer.takeRecords())
        const taken = [...durations.values()]
        durations.clear()
        return taken
      },
    })
  })
}

/** Milliseconds of each interaction since the last time; those that took less than 16 are left out. */
export async function takeInteractions(page: Page): Promise<readonly number[]> {
  // Entries come after the frame that they measure.
  return await page.evaluate(
    () =>
      new Promise<number[]>((resolve) =>
        requestAnimationFrame(() =>
          requestAnimationFrame(() =>
            setTimeout(
              () => resolve((window as unknown as { takeInteractions: () => number[] }).takeInteractions()),
              50,
            ),
          ),
        ),
      ),
  )
}
