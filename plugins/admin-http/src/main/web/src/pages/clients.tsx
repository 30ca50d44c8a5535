import { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { get, LastEnd, List, part, Problem, send, Session, Subscription } from '../api'
import { ago, bytes, clock, count, DROPS, expiry, rate, reason, version } from '../format'
import { Action, Alien, Badge, Card, Column, Facts, Field, Form, link, Page, Paged, Table, Trouble, useAsk } from '../ui'

export function kick(clientId: string, done: () => void): JSX.Element {
  return (
    <Action
      needs="operator"
      danger
      label={`Disconnect ${clientId}`}
      ask={{ title: 'Disconnect this client?', text: `${clientId}\n\nIts session stays, if it outlives the connection. The client may come back at once.` }}
      run={async () => {
        await send('DELETE', `/clients/${part(clientId)}`)
        done()
        return `${clientId} was disconnected.`
      }}
    >
      Disconnect
    </Action>
  )
}

function purge(clientId: string, done: () => void): JSX.Element {
  return (
    <Action
      needs="operator"
      danger
      label={`End the session ${clientId}`}
      ask={{ title: 'End this session?', text: `${clientId}\n\nIts subscriptions and the messages that wait for it are lost, and its connection ends.` }}
      run={async () => {
        await send('DELETE', `/sessions/${part(clientId)}`)
        done()
        return `The session ${clientId} is no more.`
      }}
    >
      End session
    </Action>
  )
}

function dropped(session: Session): number {
  return Object.values(session.drops).reduce((a, b) => a + b, 0)
}

const NAME = (base: string): Column<Session> => ({
  title: 'Client id',
  cell: (row) => (
    <a href={link(base, row.clientId)}>
      <Alien text={row.clientId} />
    </a>
  )
})
const USER: Column<Session> = { title: 'User', cell: (row) => (row.username ? <Alien text={row.username} /> : <span class="dim">anonymous</span>) }
const QUEUE: Column<Session>[] = [
  { title: 'Queued', number: true, cell: (row) => count(row.queuedMessages) },
  { title: 'In flight', number: true, cell: (row) => count(row.inFlight) },
  { title: 'Dropped', number: true, cell: (row) => (dropped(row) > 0 ? <Badge kind="warn">{count(dropped(row))}</Badge> : '0') }
]

function Filters(props: { start: Filter; search: (filter: Filter) => void; connected?: boolean }): JSX.Element {
  const [filter, setFilter] = useState(props.start)
  const set = (name: keyof Filter) => (value: string) => setFilter({ ...filter, [name]: value })
  return (
    <Form label="Search" submit={() => props.search(filter)}>
      <Field label="Part of the client id" value={filter['client-id']} set={set('client-id')} name="client-id" />
      <Field label="User" value={filter.username} set={set('username')} />
      <Field label="Listener" value={filter.listener} set={set('listener')} />
      <Field label="Start of the address" value={filter.address} set={set('address')} />
      {props.connected && (
        <Field
          label="Connection"
          value={filter.connected}
          set={(value) => {
            const next = { ...filter, connected: value }
            setFilter(next)
            props.search(next)
          }}
          options={[['', 'with or without'], ['true', 'connected'], ['false', 'offline']]}
        />
      )}
      <button class="first">Search</button>
    </Form>
  )
}

type Filter = Record<'client-id' | 'username' | 'listener' | 'address' | 'connected', string>
const NO_FILTER: Filter = { 'client-id': '', username: '', listener: '', address: '', connected: '' }

export function Clients({ parts }: { parts: string[] }): JSX.Element {
  const [filter, setFilter] = useState(NO_FILTER)
  const [refresh, setRefresh] = useState(0)
  if (parts.length > 0) {
    return <Detail clientId={parts.join('/')} />
  }
  return (
    <Page title="Clients">
      <Filters start={filter} search={setFilter} />
      <Paged<Session>
        path="/clients"
        query={filter}
        label="Clients"
        refresh={refresh}
        empty="No client that is connected fits."
        columns={[
          NAME('/clients'),
          USER,
          { title: 'Address', cell: (row) => <span class="alien">{row.connection?.address}</span> },
          { title: 'Listener', cell: (row) => row.connection?.listener },
          { title: 'MQTT', cell: (row) => version(row.connection?.protocolVersion ?? 0) },
          { title: 'Since', cell: (row) => row.connection && <span title={clock(row.connection.connectedSince)}>{ago(row.connection.connectedSince)}</span> },
          { title: 'In', number: true, cell: (row) => count(row.connection?.receivedMessages ?? 0) },
          { title: 'Out', number: true, cell: (row) => count(row.connection?.sentMessages ?? 0) },
          ...QUEUE,
          { title: 'Action', cell: (row) => kick(row.clientId, () => setRefresh(refresh + 1)) }
        ]}
      />
    </Page>
  )
}

export function Sessions({ parts }: { parts: string[] }): JSX.Element {
  const [filter, setFilter] = useState(NO_FILTER)
  const [refresh, setRefresh] = useState(0)
  if (parts.length > 0) {
    return <Detail clientId={parts.join('/')} />
  }
  return (
    <Page title="Sessions">
      <Filters start={filter} search={setFilter} connected />
      <Paged<Session>
        path="/sessions"
        query={filter}
        label="Sessions"
        refresh={refresh}
        empty="No session fits."
        columns={[
          NAME('/sessions'),
          USER,
          { title: 'Connection', cell: (row) => <State session={row} /> },
          { title: 'Ends', cell: (row) => expiry(row.expiryInterval) },
          { title: 'Subscriptions', number: true, cell: (row) => count(row.subscriptions) },
          ...QUEUE,
          { title: 'Action', cell: (row) => purge(row.clientId, () => setRefresh(refresh + 1)) }
        ]}
      />
    </Page>
  )
}

function State({ session }: { session: Session }): JSX.Element {
  if (session.connected) {
    return <Badge kind="good">connected</Badge>
  }
  return <Badge kind="plain">offline{session.disconnectedSince ? ` for ${ago(session.disconnectedSince).replace(' ago', '')}` : ''}</Badge>
}

export function Ended({ end }: { end: LastEnd }): JSX.Element {
  return (
    <Facts
      of={[
        ['When', `${clock(end.at)} (${ago(end.at)})`],
        ['Reason code', reason(end.reasonCode)],
        ['In words', <Alien text={end.detail} />]
      ]}
    />
  )
}

export function Drops({ drops }: { drops: Record<string, number> }): JSX.Element {
  return (
    <Table
      label="Drops"
      rows={Object.entries(drops)}
      empty="Nothing for it was dropped."
      columns={[
        { title: 'Reason', cell: ([name]) => name },
        { title: 'What it means', cell: ([name]) => DROPS[name] ?? '' },
        { title: 'Copies', number: true, cell: ([, value]) => count(value) }
      ]}
    />
  )
}

/** Messages per second between two looks at the same connection. */
function useRates(session: Session | undefined): { received: number; sent: number } {
  const before = useRef<{ at: number; session: Session; rates: { received: number; sent: number } }>()
  const old = before.current
  if (session === undefined || old?.session === session) {
    return old?.rates ?? { received: 0, sent: 0 }
  }
  const now = Date.now()
  const a = old?.session.connection
  const b = session.connection
  const seconds = old ? (now - old.at) / 1000 : 0
  const same = a && b && a.connectedSince === b.connectedSince && seconds > 0
  const rates = same
    ? { received: (b.receivedMessages - a.receivedMessages) / seconds, sent: (b.sentMessages - a.sentMessages) / seconds }
    : { received: 0, sent: 0 }
  before.current = { at: now, session, rates }
  return rates
}

/** The session, or that there is none. */
export async function sessionOf(clientId: string): Promise<Session | undefined> {
  try {
    return await get<Session>(`/sessions/${part(clientId)}`)
  } catch (problem) {
    return none(problem)
  }
}

/** How its last connection ended; asked for apart only where its session does not say so. */
export async function lastEndOf(clientId: string, session: Session | undefined): Promise<LastEnd | undefined> {
  if (session?.lastEnd || session?.connected) {
    return session.lastEnd
  }
  try {
    return await get<LastEnd>(`/clients/${part(clientId)}/last-end`)
  } catch (problem) {
    return none(problem)
  }
}

function none(problem: unknown): undefined {
  if (problem instanceof Problem && problem.status === 404) {
    return undefined
  }
  throw problem
}

function Detail({ clientId }: { clientId: string }): JSX.Element {
  const { data, problem, again } = useAsk(
    async () => {
      const [session, subscriptions] = await Promise.all([
        sessionOf(clientId),
        get<List<Subscription>>('/subscriptions', { 'client-id': clientId, limit: 200 })
      ])
      return { session, end: await lastEndOf(clientId, session), subscriptions }
    },
    [clientId],
    2000
  )
  const session = data?.session
  const rates = useRates(session)
  const connection = session?.connection
  return (
    <Page
      title="Client"
      actions={
        <>
          <a href={link('/explain', clientId)}>Explain</a>
          {session?.connected && kick(clientId, again)}
          {session && purge(clientId, again)}
        </>
      }
    >
      <Trouble text={problem} />
      <Card>
        <Facts
          of={[
            ['Client id', <Alien text={clientId} />],
            ['State', session ? <State session={session} /> : data ? <Badge kind="warn">no session</Badge> : '…'],
            ...(session
              ? ([
                  ['User', session.username ? <Alien text={session.username} /> : 'anonymous'],
                  ['Session ends', expiry(session.expiryInterval)],
                  ['Queued', `${count(session.queuedMessages)} (${bytes(session.queuedBytes)})`],
                  ['In flight', count(session.inFlight)]
                ] as [string, JSX.Element | string][])
              : [])
          ]}
        />
      </Card>
      {connection && (
        <Card title="Connection">
          <Facts
            of={[
              ['Address', <span class="alien">{connection.address}</span>],
              ['Listener', connection.listener],
              ['Protocol', `MQTT ${version(connection.protocolVersion)}`],
              ['Keep alive', connection.keepAlive === 0 ? 'none' : `${connection.keepAlive} s`],
              ['Connected', `${clock(connection.connectedSince)} (${ago(connection.connectedSince)})`],
              ['Received from it', `${count(connection.receivedMessages)} messages, ${bytes(connection.receivedBytes)} · ${rate(rates.received)}/s`],
              ['Sent to it', `${count(connection.sentMessages)} messages, ${bytes(connection.sentBytes)} · ${rate(rates.sent)}/s`]
            ]}
          />
        </Card>
      )}
      <Card title="How its last connection ended, or why it was refused">
        {data?.end ? <Ended end={data.end} /> : <p class="dim">No end of a connection of it is remembered.</p>}
      </Card>
      {session && (
        <Card title="What was dropped for it">
          <Drops drops={session.drops} />
        </Card>
      )}
      <Card title="Subscriptions">
        <Table
          label="Subscriptions"
          rows={data?.subscriptions.items}
          empty="It has none."
          columns={[
            { title: 'Filter', cell: (row) => <Alien text={row.filter} /> },
            { title: 'QoS', number: true, cell: (row) => row.qos },
            { title: 'Options', cell: (row) => subscriptionOptions(row) }
          ]}
        />
        {data?.subscriptions.next && <p class="dim">These are the first {data.subscriptions.items.length}.</p>}
      </Card>
    </Page>
  )
}

export function subscriptionOptions(row: Subscription): string {
  return [row.noLocal && 'no local', row.retainAsPublished && 'retain as published', row.identifier > 0 && `identifier ${row.identifier}`]
    .filter(Boolean)
    .join(', ')
}
