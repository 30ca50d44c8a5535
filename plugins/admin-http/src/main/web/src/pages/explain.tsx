import { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Ban, get, LastEnd, List, RouteView, Session } from '../api'
import { ago, clock, count, DROPS, reason } from '../format'
import { Alien, Card, Field, Form, link, Page, Trouble, useAsk } from '../ui'
import { Drops, Ended, lastEndOf, sessionOf } from './clients'
import { OUTCOMES, RouteTable } from './subscriptions'

type Verdict = ['good' | 'warn' | 'bad', string]

function Verdicts({ of }: { of: Verdict[] }): JSX.Element {
  return (
    <div class="above" role="status">
      {of.map(([kind, text]) => (
        <p key={text} class={`verdict ${kind}`}>
          {text}
        </p>
      ))}
    </div>
  )
}

export function Explain({ parts }: { parts: string[] }): JSX.Element {
  const clientId = parts.join('/')
  return (
    <Page title="Explain">
      <WhyNot start={clientId} />
      <WhereIs start={clientId} />
    </Page>
  )
}

const ADVICE: Record<number, string> = {
  0x82: 'The client broke the protocol: its log or its library has the fault.',
  0x84: 'The listener does not speak that version of MQTT: see versions of its block.',
  0x85: 'The client id is not one that the broker takes, or not one for this user.',
  0x86: 'User name or password are wrong: "ternmq auth test USER" says which authenticator says so.',
  0x87: 'No authenticator let it in, or access rules forbid what it asked for.',
  0x88: 'An authenticator or access rules could not be asked: see Plugins, and the log.',
  0x89: 'The broker had too much to do, or a limit on connections was reached.',
  0x8a: 'It is banned: see Security.',
  0x8d: 'Nothing came from it for one and a half times its keep alive: the network, or a client that hangs.',
  0x8e: 'Another connection came with the same client id: two devices may share it.',
  0x95: 'It sent a packet that is larger than max-packet-size.',
  0x97: 'A limit was reached, or the disk is full.',
  0x98: 'Somebody ended it by way of this interface: the audit log says who.',
  0x9f: 'It, or its address, connects too often.'
}

function judgeClient(session: Session | undefined, end: LastEnd | undefined, bans: Ban[]): Verdict[] {
  const found: Verdict[] = []
  if (session?.connected) {
    found.push(['good', `It is connected, since ${clock(session.connection?.connectedSince ?? '')}.`])
  } else if (session) {
    found.push(['warn', 'It has a session and no connection: messages of QoS 1 and 2 wait for it.'])
  } else {
    found.push(['bad', 'It has neither a connection nor a session.'])
  }
  const address = session?.connection?.address ?? ''
  bans
    .filter((ban) => (ban.kind === 'USER' ? ban.value === session?.username : address.includes(ban.value)))
    .forEach((ban) => found.push(['bad', `Its ${ban.kind.toLowerCase()} ${ban.value} is banned for ${ban.secondsLeft} s still.`]))
  if (end) {
    const advice = ADVICE[end.reasonCode] ?? ''
    found.push([end.reasonCode < 0x80 ? 'good' : 'bad', `${ago(end.at)} it ended with ${reason(end.reasonCode)}. ${advice}`])
  } else if (!session?.connected) {
    found.push(['warn', 'No end of a connection is remembered: under this client id it never reached the broker, or that was long ago or before a restart. Check address, port, TLS and firewall.'])
  }
  return found
}

function WhyNot({ start }: { start: string }): JSX.Element {
  const [clientId, setClientId] = useState(start)
  const [asked, setAsked] = useState(start)
  const { data, problem } = useAsk(async () => {
    if (asked === '') {
      return undefined
    }
    const [session, bans] = await Promise.all([sessionOf(asked), get<List<Ban>>('/bans')])
    return { session, end: await lastEndOf(asked, session), bans: bans.items }
  }, [asked])
  return (
    <Card title="Why is this client not here?">
      <Form label="Why is this client not here" submit={() => setAsked(clientId)}>
        <Field label="Client id" value={clientId} set={setClientId} name="why-client" />
        <button class="first">Explain</button>
      </Form>
      <Trouble text={problem} />
      {data && (
        <>
          <Verdicts of={judgeClient(data.session, data.end, data.bans)} />
          {data.end && <Ended end={data.end} />}
          {!data.session && data.bans.length > 0 && (
            <p class="above">
              <a href="#/security">{count(data.bans.length)} bans</a> are in force; one may be of its address or user.
            </p>
          )}
          {data.session && (
            <p class="above">
              <a href={link('/sessions', asked)}>All of <Alien text={asked} /></a>
            </p>
          )}
        </>
      )}
    </Card>
  )
}

function judgeMessage(clientId: string, session: Session | undefined, routes: RouteView[], more: boolean): Verdict[] {
  if (clientId === '') {
    return routes.length === 0 ? [['bad', 'Nobody has a subscription that matches: the message goes nowhere.']] : [['good', `${count(routes.length)} subscribers would get it.`]]
  }
  if (!session) {
    return [['bad', 'The client has no session, so that it has no subscription either.']]
  }
  const found: Verdict[] = []
  const mine = routes.filter((route) => route.clientId === clientId)
  if (mine.length === 0) {
    found.push(
      more
        ? ['warn', 'It is not among the first 1000 that would get it; there are more.']
        : ['bad', session.subscriptions === 0 ? 'The client has no subscription at all.' : 'None of its subscriptions matches this topic. Topics are case-sensitive, and a leading or trailing / is a level.']
    )
  }
  mine.forEach((route) => {
    const [kind, words] = OUTCOMES[route.outcome]
    found.push([kind === 'plain' ? 'warn' : kind, `Because of ${route.filters.join(', ')} at QoS ${route.qos}: ${words}.`])
    if (route.shared) {
      found.push(['warn', 'That is a shared subscription: each message goes to one of its members only, perhaps to another one.'])
    }
  })
  if (session.queuedMessages > 0 && session.connected) {
    found.push(['warn', `${count(session.queuedMessages)} messages wait and ${count(session.inFlight)} are not acknowledged: the client is slower than what comes for it.`])
  }
  Object.entries(session.drops).forEach(([name, number]) => found.push(['bad', `${count(number)} copies for it were dropped: ${DROPS[name] ?? name}.`]))
  return found
}

function WhereIs({ start }: { start: string }): JSX.Element {
  const [clientId, setClientId] = useState(start)
  const [topic, setTopic] = useState('')
  const [asked, setAsked] = useState<{ clientId: string; topic: string }>()
  const { data, problem } = useAsk(async () => {
    if (!asked || asked.topic === '') {
      return undefined
    }
    const [session, routes] = await Promise.all([
      asked.clientId === '' ? Promise.resolve(undefined) : sessionOf(asked.clientId),
      get<List<RouteView>>('/routes', { topic: asked.topic, limit: 1000 })
    ])
    return { session, routes: routes.items, more: routes.more === true }
  }, [asked?.clientId, asked?.topic])
  return (
    <Card title="Why did that message not arrive?">
      <Form label="Why did that message not arrive" submit={() => setAsked({ clientId, topic })}>
        <Field label="Topic" value={topic} set={setTopic} name="where-topic" />
        <Field label="Client id of the subscriber (may be left out)" value={clientId} set={setClientId} name="where-client" />
        <button class="first">Explain</button>
      </Form>
      <Trouble text={problem} />
      {data && asked && (
        <>
          <Verdicts of={judgeMessage(asked.clientId, data.session, data.routes, data.more)} />
          <h2 class="above">Who would get it now</h2>
          <RouteTable routes={data.routes.slice(0, 50)} />
          {data.session && Object.keys(data.session.drops).length > 0 && <Drops drops={data.session.drops} />}
        </>
      )}
    </Card>
  )
}
