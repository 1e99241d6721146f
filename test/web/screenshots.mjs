// Makes the pictures of docs/images: the pages that reconcile demo writes, as a
// browser shows them. Run it by make screenshots.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../..', import.meta.url))
const images = join(root, 'docs/images')
const dir = mkdtempSync(join(tmpdir(), 'reconcile-screenshots-'))
const program = join(dir, 'reconcile')

// pictures: the picture's name, the page, how much of it, and in which colors.
const pictures = [
  ['audit', 'demo/audit.html', 1105, 'light'],
  ['incident', 'incident/recover.html', 1330, 'light'],
]

let browser
try {
  execFileSync('go', ['build', '-o', program, './cmd/reconcile'], { cwd: root, stdio: 'inherit' })
  execFileSync(program, ['demo', '--out', join(dir, 'demo')], { stdio: 'ignore' })
  execFileSync(program, ['demo', '--incident', '--out', join(dir, 'incident')], { stdio: 'ignore' })
  mkdirSync(images, { recursive: true })
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  for (const [name, file, height, colorScheme] of pictures) {
    const page = await browser.newPage({ viewport: { width: 1000, height }, colorScheme })
    await page.goto(pathToFileURL(join(dir, file)).href)
    await page.waitForSelector('#table tbody tr')
    await page.screenshot({ path: join(images, `${name}.png`) })
  }
} finally {
  await browser?.close()
  rmSync(dir, { recursive: true })
}
