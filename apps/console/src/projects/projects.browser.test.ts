import { describe, expect, it } from 'vitest'
import { expectAccessible, useConsole } from '../testing/browser.fixture.ts'

const served = useConsole({ people: true })
const olga = { id: 'olga', firstName: 'Olga', lastName: 'Owner', email: 'olga@example.com' }
const edgar = { id: 'edgar', firstName: 'Edgar', lastName: 'Editor', email: 'edgar@example.com' }
const vera = { id: 'vera', firstName: 'Vera', lastName: 'Viewer', email: 'vera@example.com' }
const stan = { id: 'stan', firstName: 'Stan', lastName: 'Stranger', email: 'stan@example.com' }
const shop = '/projects/flower-power/flower-shop'

const hostile = [
  '# Flower shop',
  '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>',
  '[click](javascript:window.harmed=1) and [safe](https://example.com/a)',
  '![pixel](https://elsewhere.example.com/pixel.gif)',
  '| When | What |\n| --- | --- |\n| 06:00 | roses |',
  '- [x] watered',
].join('\n\n')

describe('groups and projects', () => {
  it('are created by an owner, who gives people roles', async () => {
    for (const person of [edgar, vera, stan]) await (await served.openAs(person)).close()
    const page = await served.openAs(olga, '/groups')
    await page.getByRole('link', { name: 'New group' }).first().click()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Flower Power')
    await page.getByLabel('Slug').waitFor()
    expect(await page.getByLabel('Slug').inputValue()).toBe('flower-power')
    await page.getByLabel('Slug').fill('Flower Power')
    await page.getByText(/Use small letters/).waitFor()
    await page.getByLabel('Slug').fill('flower-power')
    await page.getByRole('button', { name: 'Create the group' }).click()

    await page.waitForURL(`${served.url}/groups/flower-power/members`)
    await page.getByText('the last one').waitFor()
    const person = page.getByRole('combobox', { name: 'Person' })
    // Who shares nothing with somebody does not find out by a name that there is such a person.
    await person.fill('ver')
    await page.getByText('Nobody whom you share a group or project with is called so.').waitFor()
    await person.fill('vera@example.com')
    await page.getByRole('option', { name: 'Vera Viewer' }).click()
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('combobox', { name: 'Role of Vera Viewer' }).waitFor()
    await expectAccessible(page)

    await page.getByRole('link', { name: 'Projects', exact: true }).last().click()
    await page.getByRole('link', { name: 'New project' }).first().click()
    await page.waitForURL(/\/projects\/new\?namespace=flower-power/)
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Flower Shop')
    const repositories = page.getByRole('combobox', { name: 'Repositories' })
    await repositories.fill('http://localhost/x')
    await repositories.press('Enter')
    await page.getByRole('button', { name: 'Create the project' }).click()
    await page.getByText('Number 1 must not be on this machine.').waitFor()
    await repositories.press('Backspace')
    const keywords = page.getByRole('combobox', { name: 'Keywords' })
    await keywords.fill('roses')
    await keywords.press('Enter')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Create the project' }).click()
    await page.waitForURL(`${served.url}${shop}`)
    await page.getByRole('heading', { level: 1, name: 'Flower Shop' }).waitFor()

    await page.getByRole('link', { name: 'Members', exact: true }).click()
    // By the whole e-mail address; and a role that is changed afterwards.
    await page.getByRole('combobox', { name: 'Person' }).fill('edgar@example.com')
    await page.getByRole('option', { name: 'Edgar Editor' }).click()
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    const role = page.getByRole('combobox', { name: 'Role of Edgar Editor' })
    await role.click()
    await page.getByRole('option', { name: 'editor' }).click()
    await expect.poll(async () => await roleOf('edgar')).toBe('editor')
    await page.getByRole('heading', { name: 'Through the group Flower Power' }).waitFor()
    await page.getByRole('table', { name: 'Members through the group' }).getByText('Vera Viewer').waitFor()

    // The same slug again is refused where it was typed.
    await page.goto(`${served.url}/projects/new?namespace=flower-power`)
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Flower shop')
    await page.getByRole('button', { name: 'Create the project' }).click()
    await page.getByText('There is a project "flower-power/flower-shop" already. Choose another slug.').waitFor()
  })

  it('show people only what their roles let them do', async () => {
    const editor = await served.openAs(edgar, shop)
    await editor.getByRole('link', { name: 'Settings' }).waitFor()
    expect(await editor.getByRole('link', { name: 'Audit' }).count()).toBe(0)
    await editor.getByRole('link', { name: 'Settings' }).click()
    await editor.getByRole('button', { name: 'Save' }).waitFor()
    expect(await editor.getByRole('radio', { name: 'Public' }).isDisabled()).toBe(true)
    expect(await editor.getByRole('heading', { name: 'Remove' }).count()).toBe(0)
    await editor.goto(`${served.url}${shop}/members`)
    await editor.getByText('Owners of the project add and remove members.').waitFor()

    const viewer = await served.openAs(vera, shop)
    await viewer.getByRole('heading', { level: 1, name: 'Flower Shop' }).waitFor()
    await viewer.getByText('Nothing is written here yet.').waitFor()
    for (const name of ['Settings', 'Audit']) expect(await viewer.getByRole('link', { name }).count()).toBe(0)
    expect(await viewer.getByRole('button', { name: 'Edit the documentation' }).count()).toBe(0)
    await viewer.goto(`${served.url}${shop}/settings`)
    await viewer.getByText('You may not change this project').waitFor()

    const stranger = await served.openAs(stan, shop)
    await stranger.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await stranger.goto(`${served.url}/projects?q=flower`)
    await stranger.getByText('No project is like this').waitFor()
    await stranger.goto(`${served.url}/groups/flower-power/settings`)
    await stranger.getByText('Only owners change a group').waitFor()
  })

  it('are documented in Markdown, in which nothing becomes code', async () => {
    const page = await served.openAs(olga, shop)
    await page.getByRole('button', { name: 'Edit the documentation' }).click()
    await page.getByLabel('Text in Markdown').fill(hostile)
    const preview = page.getByRole('region', { name: 'Preview' })
    await preview.getByRole('heading', { name: 'Flower shop', level: 3 }).waitFor()
    await expectAccessible(page)
    await page.evaluate(() => history.back())
    const question = page.getByRole('dialog', { name: 'Leave without saving?' })
    await question.getByRole('button', { name: 'Cancel' }).click()
    expect(await page.getByLabel('Text in Markdown').inputValue()).toBe(hostile)
    await page.getByRole('button', { name: 'Save the documentation' }).click()
    await page.getByRole('button', { name: 'Edit the documentation' }).waitFor()

    await page.reload()
    const shown = page.getByRole('region', { name: 'Documentation' })
    await shown.getByRole('cell', { name: 'roses' }).waitFor()
    expect(await shown.getByRole('link', { name: 'safe' }).getAttribute('rel')).toContain('noopener')
    // A picture of another site is a link.
    expect(await shown.getByRole('link', { name: 'pixel' }).count()).toBe(1)
    expect(await shown.locator('img, script, a[href^="javascript"]').count()).toBe(0)
    expect(await page.evaluate(() => 'harmed' in window)).toBe(false)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expectAccessible(page)
  })

  it('keep what two people change at the same time', async () => {
    const first = await served.openAs(olga, `${shop}/settings`)
    const second = await served.openAs(edgar, `${shop}/settings`)
    await first.getByRole('textbox', { name: 'Name', exact: true }).fill('Flower Store')
    await second.getByRole('textbox', { name: 'Name', exact: true }).fill('Flower Stand')
    await second.getByRole('checkbox', { name: 'It is a template' }).check()
    const everything = `Every flower there is: ${'roses_and_'.repeat(12)}more`
    await first.getByLabel('Description').fill(everything)
    await first.getByRole('button', { name: 'Save' }).click()
    await first.getByText('Saved.').waitFor()

    await second.getByRole('button', { name: 'Save' }).click()
    await second.getByText('Somebody else changed it in between').waitFor()
    await second.getByRole('button', { name: 'Read it again and keep what I typed' }).click()
    await second.getByText('Name: Flower Store').waitFor()
    // What the second one did not touch is what the first one saved.
    expect(await second.getByLabel('Description').inputValue()).toBe(everything)
    expect(await second.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe('Flower Stand')
    await expectAccessible(second)
    await second.getByRole('button', { name: 'Save' }).click()
    await second.getByText('Saved.').waitFor()
    await second.getByRole('heading', { level: 1, name: 'Flower Stand' }).waitFor()
    // What has no place to break is broken before it makes the page scroll sideways.
    await second.setViewportSize({ width: 390, height: 844 })
    await expect.poll(async () => await second.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  })

  it('move to other addresses, to which the former ones lead', async () => {
    const page = await served.openAs(olga, `${shop}/settings`)
    const address = page.getByRole('form', { name: 'Address of the project' })
    await address.getByLabel('Slug').fill('stand')
    await address.getByText(/leads to/).waitFor()
    await address.getByRole('button', { name: 'Rename the address' }).click()
    await page.waitForURL(`${served.url}/projects/flower-power/stand/settings`)

    await page.goto(`${served.url}/groups/flower-power/settings`)
    await page.getByLabel('Slug').fill('flowers')
    await page.getByRole('form', { name: 'What the group is' }).getByRole('button', { name: 'Save' }).click()
    await page.waitForURL(`${served.url}/groups/flowers/settings`)

    // Both parts are former ones.
    await page.goto(`${served.url}${shop}/members`)
    await page.waitForURL(`${served.url}/projects/flowers/stand/members`)
    await page.goto(`${served.url}/groups/flower-power/members`)
    await page.waitForURL(`${served.url}/groups/flowers/members`)
  })

  it('tell their owners who changed what', async () => {
    const page = await served.openAs(olga, '/projects/flowers/stand/audit?entity=project')
    const events = page.getByRole('table', { name: 'Audit events' })
    await events.getByText(/slug: flower-shop → stand/).waitFor()
    await events.getByText(/name: Flower Store → Flower Stand/).waitFor()
    await events.getByText('Edgar Editor').filter({ visible: true }).first().waitFor()
    await expectAccessible(page)
    await page.goto(`${served.url}/groups/flowers/audit`)
    await page.getByText(/slug: flower-power → flowers/).waitFor()
  })

  it('are found by words, role and namespace, pinned, and removed after their names are typed', async () => {
    const page = await served.openAs(olga, '/projects')
    await page.getByRole('searchbox', { name: 'Search projects' }).fill('roses')
    await page.waitForURL(/q=roses/)
    const pin = page.getByRole('button', { name: 'Pin flowers/stand to the first page' })
    await pin.click()
    await page.getByRole('button', { name: 'Unpin flowers/stand' }).waitFor()
    await page.goto(`${served.url}/projects?role=viewer`)
    await page.getByText('No project is like this').waitFor()

    await page.goto(`${served.url}/projects/flowers/stand/settings`)
    const button = page.getByRole('button', { name: 'Remove the project' })
    await page.getByLabel('Type flowers/stand to be sure').fill('flowers/stan')
    expect(await button.isDisabled()).toBe(true)
    await page.getByLabel('Type flowers/stand to be sure').fill('flowers/stand')
    await button.click()
    await page.waitForURL(`${served.url}/projects`)
    await page.getByText('Flower Stand was removed.').waitFor()
    await page.goto(`${served.url}/projects/flowers/stand`)
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()

    await page.goto(`${served.url}/groups/flowers/settings`)
    await page.getByLabel('Type flowers to be sure').fill('flowers')
    await page.getByRole('button', { name: 'Remove the group' }).click()
    await page.waitForURL(`${served.url}/groups`)
    await page.goto(`${served.url}/people/olga`)
    await page.getByRole('heading', { name: 'Olga Owner' }).waitFor()
  })
})

async function roleOf(id: string): Promise<string | undefined> {
  const { api } = served
  const path = { namespace: 'flower-power', slug: 'flower-shop' }
  const project = await api.get('/api/data/namespaces/{namespace}/projects/{slug}', { params: { path } })
  const params = { path: { project_id: project.id } }
  const members = await api.get('/api/data/projects/{project_id}/members', { params })
  return members.find((member) => member.id === id)?.role
}
