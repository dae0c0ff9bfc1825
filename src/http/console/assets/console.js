/** Shows times in the reader's zone, and keeps the live part of a page as things are. */

const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const hour = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

function localTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const text = whole.format(new Date(time.dateTime))
    if ('ago' in time.dataset) time.title = text
    else time.textContent = text
  }
  for (const mark of root.querySelectorAll('[data-hour]'))
    mark.textContent = hour.format(new Date(mark.dataset.hour))
  const { timeZone } = whole.resolvedOptions()
  for (const name of root.querySelectorAll('[data-zone]')) {
    if (name instanceof HTMLInputElement) name.value = timeZone
    else name.textContent = timeZone
  }
}

/** Without any news: how long ago something was goes on, and so does what has come to a stop. */
const LOOK_AGAIN_MS = 10_000

function keepLive(part) {
  const notice = document.getElementById('not-live')
  const heard = { events: true, part: true }
  let events

  const load = () => {
    // Nobody's typing is taken away; a button that has the focus is none.
    const { activeElement: focused } = document
    if (!focused?.matches(':not(button)') || !focused.closest('#live form'))
      part.dispatchEvent(new Event('news'))
  }
  const hear = (from, well) => {
    heard[from] = well
    notice.hidden = heard.events && heard.part
  }
  const listen = () => {
    events = new EventSource(part.dataset.live)
    events.addEventListener('changed', load)
    events.addEventListener('error', () => hear('events', false))
    events.addEventListener('open', () => {
      if (!heard.events) load()
      hear('events', true)
    })
  }
  const lookAgain = () => {
    if (document.hidden) return
    // After an answer that is no stream, the browser does not ask again by itself.
    if (events.readyState === EventSource.CLOSED) listen()
    load()
  }

  listen()
  setInterval(lookAgain, LOOK_AGAIN_MS)
  document.addEventListener('visibilitychange', lookAgain)
  addEventListener('pagehide', () => events.close())
  part.addEventListener('htmx:error', () => hear('part', false))
  part.addEventListener('htmx:before:swap', ({ detail }) => hear('part', holdsItsPart(detail)))
  part.addEventListener('htmx:after:swap', () => {
    notice.querySelector('time').dateTime = new Date().toISOString()
    localTimes(notice)
  })
}

/** An error, or the page of a proxy, has nothing to put in the place of what is shown. */
const holdsItsPart = ({ tasks }) => tasks.every(({ fragment }) => fragment.childElementCount > 0)

localTimes(document)
const live = document.getElementById('live')
if (live) keepLive(live)
document.addEventListener('htmx:before:swap', (event) => {
  if (!holdsItsPart(event.detail)) event.preventDefault()
})
document.addEventListener('htmx:after:swap', () => localTimes(document))
document.addEventListener('submit', (event) => {
  const { name, value } = event.submitter ?? {}
  if (name !== 'asks') return
  if (!confirm(value)) return event.preventDefault()
  const answer = ({ formData }) => formData.set('confirmed', 'yes')
  event.target.addEventListener('formdata', answer, { once: true })
})
