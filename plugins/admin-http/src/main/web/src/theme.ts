import { Store } from './store'

const KEY = 'ternmq-theme'
export type Choice = 'system' | 'light' | 'dark'

const system = matchMedia('(prefers-color-scheme: dark)')
export const choice = new Store<Choice>((localStorage.getItem(KEY) as Choice | null) ?? 'system')
/** What is in force. */
export const theme = new Store<'light' | 'dark'>('light')

function apply(): void {
  const dark = choice.value === 'dark' || (choice.value === 'system' && system.matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  theme.set(dark ? 'dark' : 'light')
}

export function choose(next: Choice): void {
  localStorage.setItem(KEY, next)
  choice.set(next)
  apply()
}

system.addEventListener('change', apply)
apply()
