// Opens report.html in a browser, as a person would. The pages are those of
// TestPagesForABrowser in internal/report: hostile keys, 50,000 rows and
// 1,000,000 objects. Screenshots go to the folder that SCREENSHOTS names.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../..', import.meta.url))
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const dir = mkdtempSync(join(tmpdir(), 'reconcile-web-'))
let browser

before(async () => {
  execFileSync('go', ['test', './internal/report', '-run', 'PagesForABrowser', '-count=1', '-args', '-html-out', dir], { cwd: root, stdio: 'inherit' })
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
})
after(async () => {
  await browser?.close()
  rmSync(dir, { recursive: true })
})

// open opens a page, and fails the test on any error, request or message.
async function open(t, name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  t.after(() => context.close())
  const page = await context.newPage()
  const wrong = []
  page.on('console', m => wrong.push(m.text()))
  page.on('pageerror', e => wrong.push(String(e)))
  page.on('request', r => { if (!/^(file|blob):/.test(r.url())) wrong.push(r.url()) })
  const began = performance.now()
  await page.goto(pathToFileURL(join(dir, name)).href)
  await page.waitForSelector('#table tbody tr')
  t.diagnostic(`${name}: ${Math.round(statSync(join(dir, name)).size / 1024)} KiB, rows shown after ${Math.round(performance.now() - began)} ms`)
  page.wrong = wrong
  return page
}

const screenshot = async (page, name, options = {}) => {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, name), ...options })
}

// axe runs without eval, in the page's own policy.
async function accessible(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setBypassCSP', { enabled: true })
  await page.evaluate(axe)
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }))
  assert.deepEqual(found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(' ')}`), [])
}

test('hostile keys are inert, and nothing is asked of anybody', async t => {
  const page = await open(t, 'hostile.html')
  assert.equal(await page.evaluate(() => window.hacked), undefined)
  assert.match(await page.textContent('#found'), /^50,000 objects$/)
  await page.fill('#search', '<script>')
  await page.waitForFunction(() => document.getElementById('found').textContent.includes(' of '))
  await page.click('#table tbody tr:first-child button')
  assert.match(await page.textContent('#details-title'), /<script>window\.hacked = 1<\/script>/)
  assert.equal(await page.evaluate(() => document.querySelectorAll('#details script, #table script, #details img').length), 0)
  await screenshot(page, 'details.png')
  await page.keyboard.press('Escape')
  assert.equal(await page.evaluate(() => window.hacked), undefined)
  assert.deepEqual(page.wrong, [])
})

test('characters that turn or hide text are shown as their numbers', async t => {
  const page = await open(t, 'hostile.html')
  await page.fill('#search', 'gpj.exe')
  await page.waitForFunction(() => document.getElementById('found').textContent.includes(' of '))
  assert.match(await page.textContent('#table tbody tr:first-child'), /U\+202Egpj\.exe/)
})

test('search in 50,000 rows takes less than 100 ms, and finds what is there', async t => {
  const page = await open(t, 'hostile.html')
  await page.fill('#search', 'warm up')
  await page.waitForFunction(() => document.getElementById('found').textContent.startsWith('0 of'))
  const took = await page.evaluate(async () => {
    const found = document.getElementById('found'), search = document.getElementById('search')
    const changed = new Promise(done => new MutationObserver(done).observe(found, { childList: true, characterData: true, subtree: true }))
    search.value = '0012345/'
    const began = performance.now()
    search.dispatchEvent(new Event('input'))
    await changed
    return performance.now() - began
  })
  t.diagnostic(`search: ${Math.round(took)} ms, of which 60 wait for further typing`)
  assert.match(await page.textContent('#found'), /^1 of 50,000 objects$/)
})

test('sort, filter and pages', async t => {
  const page = await open(t, 'hostile.html')
  const first = () => page.textContent('#table tbody tr:first-child td:first-child')
  assert.match(await first(), /^0000000\//)
  await page.click('th:has-text("size_bytes") button')
  await page.click('th:has-text("size_bytes") button')
  assert.match(await first(), /^0049999\//)
  assert.equal(await page.getAttribute('th:has-text("size_bytes")', 'aria-sort'), 'descending')
  await page.selectOption('#status', 'differs')
  assert.match(await page.textContent('#found'), /^12,500 of 50,000 objects$/)
  await page.click('#next')
  assert.match(await page.textContent('#page'), /^201 to 400$/)
  await page.click('#clear')
  await page.click('button.find')
  assert.match(await page.textContent('#found'), /^12,500 of 50,000 objects$/)
  assert.equal(await page.inputValue('#status'), 'failed')
  assert.deepEqual(page.wrong, [])
})

test('what is filtered is downloaded as CSV', async t => {
  const page = await open(t, 'hostile.html')
  await page.fill('#search', '0012345/')
  await page.waitForFunction(() => document.getElementById('found').textContent.startsWith('1 of'))
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')])
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\n')
  assert.equal(lines.length, 2)
  assert.match(lines[0], /^source_bucket,source_key,/)
  assert.match(lines[1], /^the-glacier,0012345\//)
  assert.deepEqual(page.wrong, [])
})

test('the keyboard reaches everything', async t => {
  const page = await open(t, 'hostile.html')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip')
  await page.keyboard.press('Enter')
  const reached = new Set()
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('Tab')
    reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent))
  }
  for (const id of ['search', 'status', 'clear', 'save', 'scroll', 'source_key']) assert.ok(reached.has(id), `${id} in ${[...reached]}`)
})

for (const scheme of ['light', 'dark']) {
  for (const name of ['hostile', 'charts']) {
    test(`accessible, ${name}, ${scheme}`, async t => {
      const page = await open(t, `${name}.html`, { colorScheme: scheme })
      await screenshot(page, `${name}-${scheme}.png`, { fullPage: name === 'charts' })
      await accessible(page)
      assert.deepEqual(page.wrong, [])
    })
  }
}

// charted are the rows of a chart's table as texts, the empty cell of the bar left out.
const charted = (page, heading) => page.evaluate(id => [...document.querySelectorAll(`section[aria-labelledby="${id}"] tbody tr`)]
  .map(tr => [...tr.cells].filter(c => !c.classList.contains('bar')).map(c => c.textContent)), heading)

test('the charts have the numbers of the JSON report', async t => {
  const page = await open(t, 'charts.html')
  const { breakdown } = JSON.parse(readFileSync(join(dir, 'charts.json'), 'utf8'))
  const count = n => n.toLocaleString('en')
  const wrong = p => ['failed', 'differs', 'unrouted'].reduce((n, s) => n + (p.statuses[s] ?? 0), 0)

  const buckets = await charted(page, 'h-buckets')
  assert.equal(buckets.length, breakdown.buckets.length)
  for (const p of breakdown.buckets) {
    const row = buckets.find(r => r[0] === `s3://${p.source_bucket} → s3://${p.target_bucket}`)
    assert.deepEqual([row[1], row[3]], [count(p.objects), count(wrong(p))])
  }
  const prefixes = new Map((await charted(page, 'h-prefixes')).map(r => [r[0], r]))
  assert.equal(prefixes.size, 20)
  let shown = 0
  for (const p of breakdown.prefixes) {
    const row = prefixes.get(p.prefix || '(in no folder)')
    if (!row) continue
    assert.deepEqual([row[1], row[3]], [count(p.objects), count(wrong(p))])
    shown += p.objects
  }
  const others = [...prefixes.keys()].find(k => k.endsWith(' others'))
  assert.equal(prefixes.get(others)[1], count(breakdown.objects - shown))
  assert.deepEqual((await charted(page, 'h-collections')).map(r => [r[0], r[1]]), breakdown.collections.map(p => [p.collection_id, count(p.objects)]))
  assert.deepEqual((await charted(page, 'h-expiries')).map(r => [r[0], r[1], r[3]]), breakdown.expiries.map(e => [e.from, count(e.objects), count(e.open)]))
  assert.deepEqual((await charted(page, 'h-sizes')).map(r => r[1].split(', ')[0]), breakdown.sizes.map(s => s.objects ? count(s.objects) : '–'))
  assert.deepEqual((await charted(page, 'h-granules')).map(r => r.at(-1)), [count(breakdown.granules.error), count(breakdown.granules.success)])
  const line = breakdown.timeline
  assert.deepEqual((await charted(page, 'h-course')).map(r => r.slice(1)),
    line.at_ms.map((_, i) => [line.objects, line.bytes_copied, line.requests, line.refused, line.in_flight].map(v => count(v[i]))))

  // Bars are as long as what they stand for: the longest one fills its place.
  const wide = await page.evaluate(() => [...document.querySelectorAll('section[aria-labelledby="h-prefixes"] tbody tr')]
    .map(tr => [...tr.querySelectorAll('rect')].reduce((n, r) => n + r.width.baseVal.value, 0)))
  const objects = [...prefixes.values()].map(r => +r[1].replaceAll(',', ''))
  const most = Math.max(...objects)
  wide.forEach((w, i) => assert.ok(Math.abs(w - 1000 * objects[i] / most) <= 3, `${w} for ${objects[i]} of ${most}`))
  assert.deepEqual(page.wrong, [])
})

test('narrow screens scroll the table, not the page', async t => {
  const page = await open(t, 'hostile.html', { viewport: { width: 380, height: 800 } })
  await screenshot(page, 'narrow.png')
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1))
})

test('prints without tools', async t => {
  const page = await open(t, 'hostile.html')
  await page.emulateMedia({ media: 'print' })
  assert.equal(await page.isVisible('#tools'), false)
  await screenshot(page, 'print.png')
})

test('charts print, and are legible on narrow screens', async t => {
  for (const [name, options] of [['print', { viewport: { width: 720, height: 1000 } }], ['narrow', { viewport: { width: 380, height: 800 } }]]) {
    const page = await open(t, 'charts.html', options)
    if (name === 'print') await page.emulateMedia({ media: 'print' })
    await screenshot(page, `charts-${name}.png`, { fullPage: true })
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), name)
    assert.ok(await page.evaluate(() => [...document.querySelectorAll('table.parts tbody th')].every(th => th.offsetHeight < 100)), name)
    assert.deepEqual(page.wrong, [])
  }
})

test('without JavaScript all but the table is there', async t => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  t.after(() => context.close())
  const page = await context.newPage()
  await page.goto(pathToFileURL(join(dir, 'hostile.html')).href)
  assert.match(await page.textContent('h1'), /12500 of 25000 copies refused/)
  assert.match(await page.textContent('#rows'), /needs JavaScript/)
  await page.goto(pathToFileURL(join(dir, 'charts.html')).href)
  for (const bar of await page.locator('section[aria-labelledby="h-buckets"] rect').all()) assert.ok((await bar.boundingBox()).width > 1)
  for (const chart of await page.locator('figure path').all()) assert.ok((await chart.boundingBox()).height > 50)
})

test('a million objects make at most 10 MB', async t => {
  const page = await open(t, 'million.html')
  assert.ok(statSync(join(dir, 'million.html')).size <= 10e6)
  assert.match(await page.textContent('#found'), /more have no place here/)
  assert.deepEqual(page.wrong, [])
})
