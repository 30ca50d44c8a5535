import { ComponentType, JSX, render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { login, loginNotice, logout, resume, who } from './api'
import { concerns, live, startPolling } from './metrics'
import { Bridges, Configuration, Listeners, LogLevels, Plugins, StoragePage } from './pages/broker'
import { Clients, Sessions } from './pages/clients'
import { Explain } from './pages/explain'
import { MqttPage, Topics } from './pages/live'
import { Overview } from './pages/overview'
import { RetainedPage } from './pages/retained'
import { Security } from './pages/security'
import { Subscriptions } from './pages/subscriptions'
import { useStore } from './store'
import './style.css'
import { choice, choose, Choice } from './theme'
import { Asker, Field, Notes, Trouble } from './ui'

type PageOf = ComponentType<{ parts: string[] }>
const PAGES: [string, [string, string, PageOf][]][] = [
  ['Now', [['overview', 'Overview', Overview], ['explain', 'Explain', Explain]]],
  ['Clients', [['clients', 'Clients', Clients], ['sessions', 'Sessions', Sessions], ['subscriptions', 'Subscriptions', Subscriptions]]],
  ['Messages', [['topics', 'Topics', Topics], ['retained', 'Retained', RetainedPage], ['mqtt', 'MQTT client', MqttPage]]],
  [
    'Broker',
    [
      ['listeners', 'Listeners', Listeners], ['bridges', 'Bridges', Bridges], ['plugins', 'Plugins', Plugins], ['security', 'Security', Security],
      ['storage', 'Storage', StoragePage], ['configuration', 'Configuration', Configuration], ['log', 'Log levels', LogLevels]
    ]
  ]
]

function where(): string[] {
  const parts = location.hash.replace(/^#\/?/, '').split('/')
  try {
    return parts.map(decodeURIComponent)
  } catch {
    return ['overview']
  }
}

function ThemeSwitch(): JSX.Element {
  const options: [Choice, string][] = [['system', 'as the system'], ['light', 'light'], ['dark', 'dark']]
  return <Field label="Colours" value={useStore(choice)} set={(value) => choose(value as Choice)} options={options} name="theme" />
}

function Login(): JSX.Element {
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const notice = useStore(loginNotice)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setProblem('')
    await login(token.trim()).catch((wrong: Error) => setProblem(wrong.message))
    setBusy(false)
  }
  return (
    <main class="login">
      <form class="card" onSubmit={(e) => void submit(e)} aria-label="Log in">
        <div class="brand">
          <img src="./icon.svg" alt="" />
          <h1>TernMQ</h1>
        </div>
        <Trouble text={problem || notice} />
        <Field label="Token" type="password" name="token" value={token} set={setToken} />
        <button class="first" disabled={busy || token.trim() === ''}>
          Log in
        </button>
        <p class="dim">
          The first token is in <code>admin-token</code> in the broker's data folder; <code>ternmq token add</code> makes others. It is kept until
          this tab is closed.
        </p>
      </form>
    </main>
  )
}

function Side({ page }: { page: string }): JSX.Element {
  const [open, setOpen] = useState(false)
  const person = useStore(who)
  useEffect(() => setOpen(false), [page])
  return (
    <div class={open ? 'side open' : 'side'}>
      <div class="brand">
        <img src="./icon.svg" alt="" />
        <span>TernMQ</span>
        <button class="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
          Menu
        </button>
      </div>
      <nav aria-label="Pages">
        {PAGES.map(([group, pages]) => (
          <div key={group}>
            <h2>{group}</h2>
            {pages.map(([path, title]) => (
              <a key={path} href={`#/${path}`} aria-current={path === page ? 'page' : undefined} onClick={() => setOpen(false)}>
                {title}
              </a>
            ))}
          </div>
        ))}
      </nav>
      <div class="who">
        <ThemeSwitch />
        <span>
          {person?.name} · {person?.role}
        </span>
        <button onClick={() => logout()}>Log out</button>
        <a href="./licences.txt">Licences</a>
      </div>
    </div>
  )
}

function Shell(): JSX.Element {
  const [parts, setParts] = useState(where)
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  const state = useStore(live)
  useEffect(startPolling, [])
  useEffect(() => {
    const moved = (): void => setParts(where())
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  const all = PAGES.flatMap(([, pages]) => pages)
  const found = all.find(([path]) => path === parts[0]) ?? all[0]
  const [path, title, Shown] = found as [string, string, PageOf]
  useEffect(() => {
    const troubles = concerns(state).length
    document.title = `${troubles > 0 ? `(${troubles}) ` : ''}${title} – TernMQ`
  }, [title, state])
  useEffect(() => {
    // Who cannot see the page hears the new title; not on the first one, so that the tab key begins at the top.
    if (!first.current) {
      main.current?.querySelector('h1')?.focus()
    }
    first.current = false
  }, [path])
  return (
    <div class="shell">
      <button
        class="skip"
        onClick={() => main.current?.querySelector('h1')?.focus()}
      >
        To the content
      </button>
      <Side page={path} />
      <main ref={main}>
        {path !== 'overview' && <Trouble text={state.problem} />}
        <Shown key={parts.join('/')} parts={parts.slice(1)} />
      </main>
    </div>
  )
}

function App(): JSX.Element {
  const person = useStore(who)
  return (
    <>
      {person ? <Shell key={person.name} /> : <Login />}
      <Asker />
      <Notes />
    </>
  )
}

void resume().then(() => render(<App />, document.getElementById('app') as HTMLElement))
