// Walks through the page of the admin interface in a browser. Arguments: the program, the page's address, the file of the first token, a
// token of a viewer, the port of the WebSocket listener, the folder for pictures. Says "done" at the end, or why not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const [program, url, tokenFile, viewer, webSocketPort, pictures] = process.argv.slice(2)
const token = readFileSync(tokenFile, 'utf8').trim()
const HOSTILE = '<img src=x onerror=alert(1)>'
const complaints = []

function check(truth, words) {
  if (!truth) {
    throw new Error(words)
  }
}

const browser = await chromium.launch({
  executablePath: program,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync'
  ]
})

async function open(options) {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${page.url()}: ${message.text()}`)
    }
  })
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.stack}`))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) {
      complaints.push(`a request to ${request.url()}`)
    }
  })
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))
  })
  await page.goto(url)
  return page
}

async function logIn(page, secret) {
  await page.getByLabel('Token').fill(secret)
  await page.keyboard.press('Enter')
  await page.locator('.shell h1').waitFor()
}

async function go(page, name, title = name) {
  await page.getByRole('link', { name, exact: true }).click()
  await page.getByRole('heading', { name: title, level: 1 }).waitFor()
}

/** Playwright's own waitForFunction needs eval, which the page's policy forbids. */
async function until(page, condition, argument) {
  const end = Date.now() + 30_000
  while (!(await page.evaluate(condition, argument))) {
    check(Date.now() < end, `not within thirty seconds: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const picture = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) })

// ---- the steps

async function loginIsWanted(page) {
  await page.getByLabel('Token').fill('tmq_wrong')
  await page.keyboard.press('Enter')
  await page.getByText('the token is not known').waitFor()
  // The browser itself says so too; nothing else may be said.
  const said = complaints.splice(0)
  check(said.length === 1 && said[0].includes('401'), `a wrong token: ${said}`)
  await logIn(page, token)
  check(await page.evaluate(() => document.cookie === '' && localStorage.getItem('ternmq-token') === null), 'where the token is kept')
}

async function overviewIsLive(page) {
  await page.getByText('clients', { exact: true }).first().waitFor()
  await page.locator('.chart canvas').nth(8).waitFor()
  await until(page, () => document.querySelector('.chart [role=img]')?.getAttribute('aria-label') === 'Connections: connections 2, clients 2')
}

async function hostileNamesAreText(page) {
  await go(page, 'Clients')
  await page.getByText(HOSTILE, { exact: true }).waitFor()
  check((await page.locator('main img, main script').count()) === 0, 'a client id became an element')
  await page.getByLabel('Part of the client id').fill('onerror')
  await page.keyboard.press('Enter')
  await until(page, () => document.querySelectorAll('tbody tr').length === 1)
  await picture(page, 'clients')
  await page.getByRole('link', { name: HOSTILE }).click()
  await page.getByText('MQTT 5.0').waitFor()
  await page.getByText('hostile/<b>#').waitFor({ state: 'detached' })
  await page.getByText('evil/#', { exact: true }).waitFor()
  await picture(page, 'client')
}

async function kickWorks(page) {
  await page.getByRole('button', { name: `Disconnect ${HOSTILE}` }).click()
  await page.getByRole('dialog').getByText(HOSTILE).waitFor()
  await page.getByRole('button', { name: 'Disconnect', exact: true }).click()
  await page.getByText('offline').waitFor()
  await page.getByText('0x98 ended by an operator').waitFor()
}

async function publishAndSubscribeWork(page) {
  await go(page, 'MQTT client')
  const address = page.getByLabel('WebSocket listener')
  await until(page, (port) => document.querySelector('[name=mqtt-url]').value.includes(port), `:${webSocketPort}/mqtt`)
  check((await address.inputValue()) === `ws://127.0.0.1:${webSocketPort}/mqtt`, 'what is proposed')
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('button', { name: 'Disconnect', exact: true }).waitFor()
  await page.locator('[name=sub-filter]').fill('page/#')
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click()
  await page.getByRole('button', { name: 'Unsubscribe page/#' }).waitFor()
  await page.locator('[name=pub-topic]').fill('page/<b>one</b>')
  await page.locator('[name=pub-payload]').fill('<script>alert(2)</script>')
  await page.getByLabel('retain').check()
  await page.getByRole('button', { name: 'Publish as this client' }).click()
  const log = page.getByRole('log')
  await log.getByText('page/<b>one</b>', { exact: true }).waitFor()
  await log.getByText('<script>alert(2)</script>', { exact: true }).waitFor()
  await page.locator('[name=pub-topic]').fill('page/two')
  await page.getByRole('button', { name: 'Publish as the broker' }).click()
  await log.getByText('page/two', { exact: true }).waitFor()
  await picture(page, 'mqtt')
}

async function topicsAreSeenLive(page) {
  await go(page, 'Topics', 'Topics, live')
  await page.getByRole('button', { name: 'Watch', exact: true }).click()
  await page.locator('.tree').getByText('two', { exact: true }).waitFor()
  await picture(page, 'topics')
}

async function retainedAreSeenAndDeleted(page) {
  await go(page, 'Retained', 'Retained messages')
  await page.getByRole('button', { name: 'Levels below page' }).click()
  await page.getByRole('button', { name: 'two', exact: true }).click()
  await page.locator('pre').getByText('<script>alert(2)</script>', { exact: true }).waitFor()
  await picture(page, 'retained')
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('The retained message was deleted.').waitFor()
  await page.locator('[name=retained-filter]').fill('page/#')
  await page.getByRole('button', { name: 'Delete all that match' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete all that match' }).click()
  await page.getByText('One retained message was deleted.').waitFor()
  await page.getByText('There are no retained messages.').waitFor()
}

async function itExplains(page) {
  await go(page, 'Explain')
  await page.locator('[name=why-client]').fill(HOSTILE)
  await page.keyboard.press('Enter')
  await page.getByText('It has a session and no connection', { exact: false }).waitFor()
  await page.locator('[name=where-topic]').fill('evil/1')
  await page.locator('[name=where-client]').fill(HOSTILE)
  await page.keyboard.press('Enter')
  await page.getByText('Because of evil/# at QoS 1: waits in its queue.').waitFor()
  await picture(page, 'explain')
}

const REST = {
  Sessions: HOSTILE, Subscriptions: 'evil/#', Listeners: 'ws://127.0.0.1', Bridges: 'The configuration has no bridges.', Plugins: 'admin-http',
  Security: 'Nobody is banned.', Storage: 'Durability', Configuration: 'listeners[0].bind', 'Log levels': 'ternmq'
}

async function everyPageShowsSomething(page) {
  for (const [name, text] of Object.entries(REST)) {
    await go(page, name, name === 'Configuration' ? 'Configuration in force' : name)
    await page.locator('main').getByText(text).first().waitFor()
    check((await page.locator('.trouble').count()) === 0, `${name} says that something is wrong`)
    await picture(page, name.toLowerCase().replace(' ', '-'))
  }
}

async function viewersOnlyLook(page) {
  await logIn(page, viewer)
  await go(page, 'Sessions')
  await page.getByText(HOSTILE).waitFor()
  check(await page.getByRole('button', { name: `End the session ${HOSTILE}` }).isDisabled(), 'a viewer may end a session')
  await go(page, 'Log levels')
  check(await page.getByRole('button', { name: 'Set', exact: true }).isDisabled(), 'a viewer may set levels of the log')
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Token').waitFor()
  check(await page.evaluate(() => sessionStorage.length === 0), 'the token is kept after a logout')
}

async function aTokenThatIsGoneLeadsToTheLogin(page) {
  await page.evaluate(() => sessionStorage.setItem('ternmq-token', 'tmq_gone'))
  await page.getByText('The broker does not know this token any more.').waitFor()
  const said = complaints.splice(0)
  check(said.every((each) => each.includes('401')), `a token that is gone: ${said}`)
}

async function darkIsDark(page) {
  await logIn(page, token)
  const brightness = () =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((sum, each) => sum + Number(each), 0))
  check((await brightness()) < 200, 'dark, as the system is')
  await until(page, () => document.querySelectorAll('.chart canvas').length === 9)
  await page.waitForTimeout(Number(process.env.TERNMQ_PAGE_LINGER ?? 0))
  await picture(page, 'overview-dark')
  await page.getByLabel('Colours').selectOption('light')
  check((await brightness()) > 600, 'light, as was chosen')
  await picture(page, 'overview')
}

async function aPhoneIsWideEnough(page) {
  await logIn(page, token)
  for (const name of ['Overview', 'Explain', 'MQTT client', 'Topics', 'Retained', 'Security', 'Storage', 'Clients', ...Object.keys(REST)]) {
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name, exact: true }).click()
    await page.getByRole('link', { name, exact: true }).waitFor({ state: 'hidden' })
    await until(page, () => document.querySelector('main h1') && !document.querySelector('main')?.textContent?.includes('Loading'))
    const [is, has] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
    check(is <= has, `${name} is ${is} wide on a phone of ${has}`)
    if (['Clients', 'Overview'].includes(name)) {
      await picture(page, `phone-${name.toLowerCase()}`)
    }
  }
}

/** Everything that the tab key comes to has a name, can be seen to be in focus, and the navigation works by keys alone. */
async function theKeyboardIsEnough(page) {
  await go(page, 'Overview')
  await page.evaluate(() => document.activeElement?.blur())
  const names = []
  for (let i = 0; i < 17; i++) {
    await page.keyboard.press('Tab')
    const [name, outline] = await page.evaluate(() => {
      const at = document.activeElement === document.body ? null : document.activeElement
      return [(at?.getAttribute('aria-label') ?? at?.textContent ?? '') + (at?.labels?.[0]?.textContent ?? ''), at ? getComputedStyle(at).outlineStyle : '']
    })
    names.push(name.trim())
    check(name !== '', `stop ${i} of the tab key has no name, after ${names}`)
    check(outline !== 'none', `${name} in focus looks as without`)
  }
  check(names.includes('Explain') && names.includes('Log levels'), `the tab key comes to ${names}`)
  const unnamed = await page.evaluate(() => [...document.querySelectorAll('input, select, textarea')].filter((each) => !each.labels?.length).length)
  check(unnamed === 0, 'fields without a label')
}

const admin = await open({ viewport: { width: 1360, height: 900 }, colorScheme: 'light' })
const steps = [
  [loginIsWanted, admin], [overviewIsLive, admin], [theKeyboardIsEnough, admin], [hostileNamesAreText, admin], [kickWorks, admin],
  [publishAndSubscribeWork, admin], [topicsAreSeenLive, admin], [retainedAreSeenAndDeleted, admin], [itExplains, admin],
  [everyPageShowsSomething, admin], [aTokenThatIsGoneLeadsToTheLogin, admin], [viewersOnlyLook, admin]
]
let at = ''
let last = admin
try {
  for (const [step, page] of steps) {
    at = step.name
    await step(page)
  }
  at = darkIsDark.name
  last = await open({ viewport: { width: 1360, height: 900 }, colorScheme: 'dark' })
  await darkIsDark(last)
  at = aPhoneIsWideEnough.name
  last = await open({ viewport: { width: 360, height: 740 }, colorScheme: 'light', hasTouch: true })
  await aPhoneIsWideEnough(last)
  check(complaints.length === 0, 'the browser complained')
  console.log('done')
} catch (error) {
  await picture(last, 'failed').catch(() => undefined)
  console.log(`${at}: ${error.message}\n${complaints.join('\n')}`)
  process.exitCode = 1
} finally {
  await browser.close()
}
