import { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { get, List, RouteView, Subscription } from '../api'
import { Alien, Badge, Card, Field, Form, link, Page, Paged, Table, Trouble, useAsk } from '../ui'
import { subscriptionOptions } from './clients'

export const OUTCOMES: Record<RouteView['outcome'], [kind: 'good' | 'warn' | 'bad' | 'plain', words: string]> = {
  DELIVERED: ['good', 'sent at once'],
  QUEUED: ['warn', 'waits in its queue'],
  NOT_CONNECTED: ['bad', 'not connected: QoS 0 is not kept'],
  QUEUE_FULL: ['bad', 'its queue is full'],
  DENIED: ['bad', 'access rules forbid it']
}

export function Outcome({ of }: { of: RouteView['outcome'] }): JSX.Element {
  const [kind, words] = OUTCOMES[of]
  return <Badge kind={kind}>{words}</Badge>
}

export function Subscriptions(): JSX.Element {
  const [entry, setEntry] = useState({ by: 'under', text: '' })
  const [query, setQuery] = useState<Record<string, string>>({})
  return (
    <Page title="Subscriptions">
      <Routes />
      <Card title="Search">
        <Form label="Search" submit={() => setQuery(entry.text === '' ? {} : { [entry.by]: entry.text })}>
          <Field
            label="By"
            value={entry.by}
            set={(by) => setEntry({ ...entry, by })}
            options={[['under', 'filters that this one covers'], ['filter', 'exactly this filter'], ['client-id', 'client id']]}
          />
          <Field label="Text" value={entry.text} set={(text) => setEntry({ ...entry, text })} placeholder="plant/#" />
          <button class="first">Search</button>
        </Form>
      </Card>
      <Paged<Subscription>
        path="/subscriptions"
        query={query}
        label="Subscriptions"
        empty="No subscription fits."
        columns={[
          { title: 'Filter', cell: (row) => <Alien text={row.filter} /> },
          { title: 'Client id', cell: (row) => <a href={link('/sessions', row.clientId)}><Alien text={row.clientId} /></a> },
          { title: 'QoS', number: true, cell: (row) => row.qos },
          { title: 'Options', cell: (row) => subscriptionOptions(row) }
        ]}
      />
    </Page>
  )
}

function Routes(): JSX.Element {
  const [topic, setTopic] = useState('')
  const [asked, setAsked] = useState('')
  const { data, problem } = useAsk(
    () => (asked ? get<List<RouteView>>('/routes', { topic: asked, limit: 200 }) : Promise.resolve(undefined)),
    [asked]
  )
  return (
    <Card title="Who would get a message of a topic, and why">
      <Form label="Who would get it" submit={() => setAsked(topic)}>
        <Field label="Topic" value={topic} set={setTopic} placeholder="plant/7/temperature" name="route-topic" />
        <button class="first">Ask</button>
      </Form>
      <Trouble text={problem} />
      {asked && !problem && <RouteTable routes={data?.items} />}
      {data?.more && <p class="dim">There are more than 200.</p>}
    </Card>
  )
}

export function RouteTable({ routes }: { routes: RouteView[] | undefined }): JSX.Element {
  return (
    <Table
      label="Who would get it"
      rows={routes}
      empty="Nobody: no subscription matches this topic."
      columns={[
        { title: 'Client id', cell: (row) => <a href={link('/sessions', row.clientId)}><Alien text={row.clientId} /></a> },
        { title: 'Because of', cell: (row) => row.filters.map((filter) => <div key={filter}><Alien text={filter} /></div>) },
        { title: 'QoS', number: true, cell: (row) => row.qos },
        { title: 'Shared', cell: (row) => (row.shared ? 'one of several' : '') },
        { title: 'Now', cell: (row) => <Outcome of={row.outcome} /> }
      ]}
    />
  )
}
