// After a build: the licences of what is inside, and the sums by which a test sees that sources and bundle belong together.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const bundle = '../resources/web'

function files(folder) {
  return readdirSync(folder)
    .filter((name) => name !== 'node_modules')
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? files(path) : [path]))
}

function licences() {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const parts = Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && !entry.dev && !path.includes('/@types/'))
    .map(([path, entry]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      const text = existsSync(path) ? readdirSync(path).find((file) => /^licen[cs]e(\.|$)/i.test(file)) : undefined
      const licence = entry.license ?? JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).license
      const words = text ? readFileSync(join(path, text), 'utf8').replace(/\r\n/g, '\n').trim() : ''
      return `${name} ${entry.version} (${licence})\n\n${words}`.trim()
    })
  const line = '\n\n' + '-'.repeat(78) + '\n\n'
  writeFileSync(
    join(bundle, 'licences.txt'),
    'The page of the admin interface contains parts of these packages:\n\n' + parts.join(line) + '\n'
  )
}

function sums() {
  const sources = files('.').map((path) => [`src/main/web/${path}`, path])
  const built = files(bundle).map((path) => [path.replace('../', 'src/main/'), path])
  const lines = [...sources, ...built]
    .map(([name, path]) => `${createHash('sha256').update(readFileSync(path)).digest('hex')}  ${name}\n`)
    .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1))
  writeFileSync('../resources/org/ternmq/admin/http/page.sha256', lines.join(''))
}

licences()
sums()
