import { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { get, List, Listener, send } from '../api'
import { Arrived, connect, connection, disconnect, publish, receive, shown, subscribe, unsubscribe } from '../mqtt'
import { Store, useStore } from '../store'
import { Action, Alien, Badge, Card, Check, Field, Form, note, Page, useAsk } from '../ui'

const QOS: [string, string][] = [['0', '0'], ['1', '1'], ['2', '2']]
const entry = new Store({ url: '', clientId: `ternmq-page-${Math.random().toString(36).slice(2, 8)}`, username: '', password: '' })

/** A listener as a browser sees it: it may be bound to every address, and then this page's host is one. */
function proposal(address: string): string {
  try {
    const url = new URL(address.replace(/^ws/, 'http'))
    const host = /^(0\.0\.0\.0|\[::\]|\[0:0:0:0:0:0:0:0\])$/.test(url.hostname) ? location.hostname : url.hostname
    return `${address.startsWith('wss') ? 'wss' : 'ws'}://${host}:${url.port || (address.startsWith('wss') ? 443 : 80)}${url.pathname}`
  } catch {
    return address
  }
}

function ConnectionPanel(): JSX.Element {
  const state = useStore(connection)
  const form = useStore(entry)
  const { data } = useAsk(() => get<List<Listener>>('/listeners'), [])
  const sockets = data?.items.filter((listener) => listener.websocket) ?? []
  useEffect(() => {
    if (form.url === '' && sockets[0]) {
      entry.set({ ...form, url: proposal(sockets[0].address) })
    }
  }, [data])
  const set = (name: keyof typeof form) => (value: string) => entry.set({ ...entry.value, [name]: value })
  const open = state.state === 'open'
  return (
    <Card title={<>Connection <Badge kind={open ? 'good' : 'plain'}>{state.state}</Badge></>}>
      {data && sockets.length === 0 && <p class="dim">No listener of this broker speaks WebSocket.</p>}
      <Form label="Connection" submit={() => void (open ? disconnect() : connect(form.url, form))}>
        <Field label="WebSocket listener" value={form.url} set={set('url')} placeholder="ws://127.0.0.1:8083/mqtt" name="mqtt-url" />
        <Field label="Client id" value={form.clientId} set={set('clientId')} />
        <Field label="User" value={form.username} set={set('username')} />
        <Field label="Password" type="password" value={form.password} set={set('password')} />
        <button class="first" disabled={state.state === 'connecting'}>{open ? 'Disconnect' : 'Connect'}</button>
      </Form>
      {state.problem && <p class="trouble above" role="alert">{state.problem}</p>}
      <p class="dim above">This is a client like others: access rules apply to it. Its host has to be the one that this page is from.</p>
    </Card>
  )
}

// ---- subscribe and publish

const LOG_LENGTH = 300
const arrived = new Store<Arrived[]>([])
receive('log', (message) => {
  if (subscriptions.value.length > 0) {
    arrived.set([message, ...arrived.value].slice(0, LOG_LENGTH))
  }
})
const subscriptions = new Store<string[]>([])
connection.watch(() => {
  if (connection.value.state === 'closed' && subscriptions.value.length > 0) {
    subscriptions.set([])
  }
})

function failed(problem: unknown): void {
  note((problem as Error).message, true)
}

export function MqttPage(): JSX.Element {
  const open = useStore(connection).state === 'open'
  const mine = useStore(subscriptions)
  const messages = useStore(arrived)
  const [filter, setFilter] = useState('')
  const [qos, setQos] = useState('0')
  const add = async (): Promise<void> => {
    await subscribe(filter, Number(qos) as 0 | 1 | 2)
    subscriptions.set([...new Set([...mine, filter])])
  }
  const remove = async (each: string): Promise<void> => {
    await unsubscribe(each)
    subscriptions.set(mine.filter((other) => other !== each))
  }
  return (
    <Page title="MQTT client">
      <ConnectionPanel />
      <div class="two">
        <Card title="Subscribe">
          <Form label="Subscribe" submit={() => void add().catch(failed)}>
            <Field label="Topic filter" value={filter} set={setFilter} placeholder="plant/#" name="sub-filter" />
            <Field label="QoS" value={qos} set={setQos} options={QOS} />
            <button disabled={!open || filter === ''}>Subscribe</button>
          </Form>
          {mine.map((each) => (
            <div key={each} class="leaf">
              <Alien text={each} />
              <button class="plain" aria-label={`Unsubscribe ${each}`} onClick={() => void remove(each).catch(failed)}>×</button>
            </div>
          ))}
        </Card>
        <Publish open={open} />
      </div>
      <Card title={<span class="page-head">Arrived ({messages.length}) <button onClick={() => arrived.set([])}>Clear</button></span>}>
        <div class="log" tabIndex={0} role="log" aria-label="Messages that arrived">
          {messages.map((message) => (
            <div key={message.at + message.topic}>
              <span class="dim">{new Date(message.at).toLocaleTimeString('sv')}</span>
              <span>
                <Alien text={message.topic} /> <span class="dim">{message.qos}{message.retain ? ', retained' : ''}</span>
              </span>
              <span class="alien">{shown(message.payload)}</span>
            </div>
          ))}
        </div>
      </Card>
    </Page>
  )
}

function Publish({ open }: { open: boolean }): JSX.Element {
  const [topic, setTopic] = useState('')
  const [payload, setPayload] = useState('')
  const [qos, setQos] = useState('0')
  const [retain, setRetain] = useState(false)
  return (
    <Card title="Publish">
      <Form label="Publish" submit={() => void publish(topic, payload, Number(qos) as 0 | 1 | 2, retain).then(() => note('Published.'), failed)}>
        <Field label="Topic" value={topic} set={setTopic} name="pub-topic" />
        <Field label="QoS" value={qos} set={setQos} options={QOS} />
        <div class="field wide">
          <Field label="Payload" value={payload} set={setPayload} rows={3} name="pub-payload" />
        </div>
        <Check label="retain" value={retain} set={setRetain} />
        <button disabled={!open || topic === ''}>Publish as this client</button>
        <Action
          needs="operator"
          run={async () => {
            const { recipients } = await send<{ recipients: number }>('POST', '/publish', {}, { topic, payload, qos: Number(qos), retain })
            return `Published by the broker, to ${recipients} subscribers.`
          }}
        >
          Publish as the broker
        </Action>
      </Form>
    </Card>
  )
}

// ---- the tree of topics, as messages come

interface Branch {
  children: Map<string, Branch>
  last?: Arrived
  count: number
}

const MOST_TOPICS = 20_000
const MOST_SHOWN = 500

function add(root: Branch, message: Arrived, room: boolean): boolean {
  let at = root
  for (const level of message.topic.split('/')) {
    let next = at.children.get(level)
    if (!next) {
      if (!room) {
        return false
      }
      next = { children: new Map(), count: 0 }
      at.children.set(level, next)
    }
    next.count++
    at = next
  }
  const first = at.last === undefined
  at.last = { ...message, payload: message.payload.slice(0, 400) }
  return first
}

export function Topics(): JSX.Element {
  const open = useStore(connection).state === 'open'
  const [filter, setFilter] = useState('#')
  const [watched, setWatched] = useState<string>()
  const root = useRef<Branch>({ children: new Map(), count: 0 })
  const topics = useRef(0)
  const [, draw] = useState(0)
  useEffect(() => {
    let dirty = false
    const end = receive('tree', (message) => {
      if (add(root.current, message, topics.current < MOST_TOPICS)) {
        topics.current++
      }
      dirty = true
    })
    const timer = window.setInterval(() => {
      if (dirty) {
        dirty = false
        draw((n) => n + 1)
      }
    }, 300)
    return () => {
      end()
      clearInterval(timer)
    }
  }, [])
  useEffect(() => {
    if (!open) {
      setWatched(undefined)
    }
  }, [open])
  useEffect(() => () => void (watched !== undefined && unsubscribe(watched).catch(() => undefined)), [watched])
  const watch = async (): Promise<void> => {
    if (watched !== undefined) {
      await unsubscribe(watched)
    }
    root.current = { children: new Map(), count: 0 }
    topics.current = 0
    await subscribe(filter, 0)
    setWatched(filter)
  }
  return (
    <Page title="Topics, live">
      <ConnectionPanel />
      <Card>
        <Form label="Watch" submit={() => void watch().catch(failed)}>
          <Field label="Topic filter" value={filter} set={setFilter} name="tree-filter" />
          <button class="first" disabled={!open || filter === ''}>{watched === undefined ? 'Watch' : 'Watch this instead'}</button>
          {watched !== undefined && <button type="button" onClick={() => setWatched(undefined)}>Stop</button>}
        </Form>
        <p class="dim above">
          {topics.current} topics{topics.current >= MOST_TOPICS && ': no more are taken, narrow the filter'}. Every message of the filter comes to this
          page while it watches.
        </p>
        <Branches of={root.current} path="" />
      </Card>
    </Page>
  )
}

function Branches({ of, path }: { of: Branch; path: string }): JSX.Element {
  const children = [...of.children].sort(([a], [b]) => (a < b ? -1 : 1))
  return (
    <ul class="tree">
      {children.slice(0, MOST_SHOWN).map(([name, branch]) => (
        <TopicNode key={name} name={name} branch={branch} path={path + name + '/'} />
      ))}
      {children.length > MOST_SHOWN && <li class="dim">{children.length - MOST_SHOWN} more</li>}
    </ul>
  )
}

function TopicNode({ name, branch, path }: { name: string; branch: Branch; path: string }): JSX.Element {
  const [open, setOpen] = useState(path.split('/').length <= 3 && branch.children.size <= 20)
  return (
    <li>
      <div class="leaf">
        {branch.children.size > 0 ? (
          <button class="fold" aria-expanded={open} aria-label={`Levels below ${path}`} onClick={() => setOpen(!open)}>{open ? '▾' : '▸'}</button>
        ) : (
          <span class="fold" />
        )}
        <Alien text={name} />
        <span class="dim">{branch.count}</span>
        <span class="value alien">{branch.last && shown(branch.last.payload)}</span>
      </div>
      {open && branch.children.size > 0 && <Branches of={branch} path={path} />}
    </li>
  )
}
