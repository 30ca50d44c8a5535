import { useEffect, useState } from 'preact/hooks'

/** A value that parts of the page look at. */
export class Store<T> {
  private readonly watchers = new Set<() => void>()

  constructor(private current: T) {}

  get value(): T {
    return this.current
  }

  set(value: T): void {
    this.current = value
    this.watchers.forEach((watcher) => watcher())
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }
}

/** Draws again when the store changes. */
export function useStore<T>(store: Store<T>): T {
  const [, draw] = useState({})
  useEffect(() => store.watch(() => draw({})), [store])
  return store.value
}
