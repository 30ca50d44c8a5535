// A client of mqtt.js under the command of a test: one command a line on standard input, one answer or message a line on
// standard output. Fields are separated by tabs; texts are base64.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import mqtt from 'mqtt'

const [url, options] = [process.argv[2], JSON.parse(process.argv[3])]
if (options.caFile) {
  options.ca = readFileSync(options.caFile)
}
const say = (...fields) => process.stdout.write(fields.join('\t') + '\n')
const encode = (bytes) => Buffer.from(bytes).toString('base64')
const decode = (field) => Buffer.from(field, 'base64')

const client = mqtt.connect(url, { reconnectPeriod: 0, ...options })
client.on('message', (topic, payload, packet) =>
  say('message', encode(topic), encode(payload), packet.qos, packet.retain))
client.on('error', (error) => say('failed', encode(error.message)))
client.on('close', () => say('closed'))
client.on('connect', () => say('done', 'connect'))

const commands = {
  subscribe: async (filter, qos) => {
    const granted = await client.subscribeAsync(decode(filter).toString(), { qos: Number(qos) })
    if (granted[0].qos !== Number(qos)) {
      throw new Error('granted ' + granted[0].qos)
    }
  },
  unsubscribe: (filter) => client.unsubscribeAsync(decode(filter).toString()),
  publish: (topic, qos, retain, ...payloads) =>
    Promise.all(payloads.map((payload) =>
      client.publishAsync(decode(topic).toString(), decode(payload), { qos: Number(qos), retain: retain === 'true' }))),
  end: async () => {
    await client.endAsync()
    process.exit(0)
  }
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [name, ...fields] = line.split('\t')
  try {
    await commands[name](...fields)
    say('done', name)
  } catch (error) {
    say('failed', encode(error.message))
  }
}).on('close', () => process.exit(0))
