import { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { get, Level, List, may, Message, Retained, send } from '../api'
import { bytes, clock, duration } from '../format'
import { shown } from '../mqtt'
import { Action, Alien, Card, Facts, Field, Form, Page, Paged, Trouble, useAsk } from '../ui'

export function RetainedPage(): JSX.Element {
  const [selected, setSelected] = useState<string>()
  const [filter, setFilter] = useState('')
  const [asked, setAsked] = useState('')
  const [refresh, setRefresh] = useState(0)
  const changed = (): void => {
    setSelected(undefined)
    setRefresh(refresh + 1)
  }
  return (
    <Page title="Retained messages">
      <Card>
        <Form label="Search" submit={() => setAsked(filter)}>
          <Field label="Topic filter" value={filter} set={setFilter} placeholder="plant/7/#" name="retained-filter" />
          <button class="first">Search</button>
          {asked && <button type="button" onClick={() => (setFilter(''), setAsked(''))}>Show the tree</button>}
          <Action
            needs="operator"
            danger
            ask={{ title: 'Delete retained messages?', text: `All that match this filter:\n\n${filter || '(none given)'}\n\nNo client is told.` }}
            run={async () => {
              const { deleted } = await send<{ deleted: number }>('DELETE', '/retained', { filter })
              changed()
              return deleted === 1 ? 'One retained message was deleted.' : `${deleted} retained messages were deleted.`
            }}
          >
            Delete all that match
          </Action>
        </Form>
      </Card>
      <div class="two">
        {asked ? (
          <Paged<Retained>
            path="/retained"
            query={{ filter: asked }}
            refresh={refresh}
            label="Retained messages"
            empty="No retained message matches."
            columns={[
              { title: 'Topic', cell: (row) => <button class="plain" onClick={() => setSelected(row.topic)}><Alien text={row.topic} /></button> },
              { title: 'QoS', number: true, cell: (row) => row.qos },
              { title: 'Size', number: true, cell: (row) => bytes(row.bytes) },
              { title: 'Expires', cell: (row) => (row.expiresAt ? clock(row.expiresAt) : '') }
            ]}
          />
        ) : (
          <Card title="Topics">
            <Branch key={refresh} select={setSelected} />
          </Card>
        )}
        {selected !== undefined && <Shown key={selected} topic={selected} changed={changed} />}
      </div>
    </Page>
  )
}

function Branch({ under, select }: { under?: string; select: (topic: string) => void }): JSX.Element {
  const [limit, setLimit] = useState(100)
  const { data, problem } = useAsk(() => get<List<Level>>('/retained/levels', { under, limit }), [under, limit])
  if (data && data.items.length === 0 && under === undefined) {
    return <p class="dim">There are no retained messages.</p>
  }
  return (
    <>
      <Trouble text={problem} />
      <ul class="tree">
        {data?.items.map((level) => (
          <Node key={level.topic} level={level} select={select} />
        ))}
      </ul>
      {data?.next && limit < 1000 && <button onClick={() => setLimit(Math.min(1000, limit * 3))}>More</button>}
      {data?.next && limit >= 1000 && <p class="dim">There are more than 1000 here: search with a filter.</p>}
    </>
  )
}

function Node({ level, select }: { level: Level; select: (topic: string) => void }): JSX.Element {
  const [open, setOpen] = useState(false)
  const message = level.message
  return (
    <li>
      <div class="leaf">
        {level.hasChildren ? (
          <button class="fold" aria-expanded={open} aria-label={`Levels below ${level.topic}`} onClick={() => setOpen(!open)}>
            {open ? '▾' : '▸'}
          </button>
        ) : (
          <span class="fold" />
        )}
        {message ? (
          <button class="plain" onClick={() => select(level.topic)}>
            <Alien text={level.name} />
          </button>
        ) : (
          <Alien text={level.name} />
        )}
        <span class="value">{message && `QoS ${message.qos}, ${bytes(message.bytes)}`}</span>
      </div>
      {open && <Branch under={level.topic} select={select} />}
    </li>
  )
}

function binary(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
}

function Shown({ topic, changed }: { topic: string; changed: () => void }): JSX.Element {
  const allowed = may('operator')
  const { data, problem } = useAsk(
    () => (allowed ? get<Message>('/retained/message', { topic }) : Promise.resolve(undefined)),
    [topic]
  )
  return (
    <Card title="Message">
      <Trouble text={problem} />
      <Facts
        of={[
          ['Topic', <Alien text={topic} />],
          ...(data
            ? ([
                ['QoS', data.qos],
                ['Expires', data.expiryInterval === undefined ? 'never' : `in ${duration(data.expiryInterval)}`],
                ...(data.contentType ? [['Content type', <Alien text={data.contentType} />]] : []),
                ...(data.userProperties ?? []).map((p) => ['Property', <Alien text={`${p.name} = ${p.value}`} />])
              ] as [string, JSX.Element][])
            : [])
        ]}
      />
      <h2 class="above">Payload</h2>
      {data && <pre class="alien">{shown(binary(data.payloadBase64), 20_000) || '(empty)'}</pre>}
      {!allowed && <p class="dim">Payloads are for the roles operator and admin.</p>}
      <div class="actions below">
        <Action
          needs="operator"
          danger
          ask={{ title: 'Delete this retained message?', text: `${topic}\n\nNo client is told.` }}
          run={async () => {
            await send('DELETE', '/retained', { filter: topic })
            changed()
            return 'The retained message was deleted.'
          }}
        >
          Delete
        </Action>
      </div>
    </Card>
  )
}
